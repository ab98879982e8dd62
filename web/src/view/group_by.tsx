import { SERVICE } from '../model/selector';
import { labelNames } from '../state/queries';
import { navigate } from '../state/view';
import { useAtom } from './hooks';

/** The label by whose values the timeline is split, and whether each is then shown by itself. */
export function GroupBy(props: { readonly groupBy: string; readonly split: boolean }) {
  const { groupBy, split } = props;
  const names = useAtom(labelNames.state).value ?? [];
  const offered = [...new Set([...names.filter((name) => !name.startsWith('__')), groupBy, SERVICE])];
  return (
    <>
      <select
        aria-label="Group the timeline by a label"
        title="Group the timeline by a label"
        data-testid="group-by"
        value={groupBy}
        onChange={(event) => {
          const label = event.currentTarget.value;
          navigate({ groupBy: label, split: split && label !== '' });
        }}
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
      {groupBy !== '' && (
        <button
          type="button"
          aria-pressed={split}
          title={`A timeline and the largest functions for each ${groupBy}`}
          data-testid="split"
          onClick={() => navigate({ split: !split })}
        >
          One by one
        </button>
      )}
    </>
  );
}
