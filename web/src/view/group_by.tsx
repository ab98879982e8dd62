import { SERVICE } from '../model/selector';
import { labelNames } from '../state/queries';
import { navigate } from '../state/view';
import { useAtom } from './hooks';

/** The label by whose values the timeline is split. */
export function GroupBy(props: { readonly groupBy: string }) {
  const { groupBy } = props;
  const names = useAtom(labelNames.state).value ?? [];
  const offered = [...new Set([...names.filter((name) => !name.startsWith('__')), groupBy, SERVICE])];
  return (
    <select
      aria-label="Group the timeline by a label"
      title="Group the timeline by a label"
      data-testid="group-by"
      value={groupBy}
      onChange={(event) => navigate({ groupBy: event.currentTarget.value })}
    >
      <option value="">one line</option>
      {offered
        .filter((name) => name !== '')
        .map((name) => (
          <option key={name} value={name}>
            by {name}
          </option>
        ))}
    </select>
  );
}
