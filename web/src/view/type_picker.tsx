import { CPU } from '../model/url_state';
import { profileTypes } from '../state/queries';
import { navigate } from '../state/view';
import { useAtom } from './hooks';

/** Profile types by their short names; the whole id is the title. */
export function TypePicker(props: { readonly type: string }) {
  const known = useAtom(profileTypes.state).value ?? [];
  const types = [...new Set([CPU, props.type, ...known])];
  return (
    <select
      aria-label="Profile type"
      title={props.type}
      data-testid="type-picker"
      value={props.type}
      onChange={(event) => navigate({ type: event.currentTarget.value, zoom: '' })}
    >
      {types.map((type) => (
        <option key={type} value={type}>
          {shortName(type)}
        </option>
      ))}
    </select>
  );
}

/** process_cpu:cpu:nanoseconds:… -> "cpu", memory:inuse_space:bytes:… -> "memory: inuse_space (bytes)". */
function shortName(type: string): string {
  const [name = '', sample = '', unit = ''] = type.split(':');
  if (type === CPU) return 'cpu';
  const title = name === sample || name === `process_${sample}` ? sample : `${name}: ${sample}`;
  return unit === 'nanoseconds' || unit === 'count' ? title : `${title} (${unit})`;
}
