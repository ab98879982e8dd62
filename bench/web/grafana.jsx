/** A page with nothing but Grafana's flame graph, on the tree of /nested-set.json. */
import { createDataFrame, createTheme, FieldType } from '@grafana/data';
import { FlameGraph } from '@grafana/flamegraph';
import { createRoot } from 'react-dom/client';

const theme = createTheme();

const answer = await (await fetch('/nested-set.json')).arrayBuffer();
performance.mark('answer');
const tree = JSON.parse(new TextDecoder().decode(answer));
const frame = createDataFrame({
  fields: [
    { name: 'level', type: FieldType.number, values: tree.level },
    { name: 'label', type: FieldType.number, values: tree.label, config: { type: { enum: { text: tree.names } } } },
    { name: 'value', type: FieldType.number, values: tree.value },
    { name: 'self', type: FieldType.number, values: tree.self },
  ],
});
frame.fields[1].type = FieldType.enum;
createRoot(document.getElementById('root')).render(
  <div style={{ width: 1400, height: 860 }}>
    <FlameGraph data={frame} getTheme={() => theme} />
  </div>,
);
