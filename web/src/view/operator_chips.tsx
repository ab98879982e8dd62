import { describeOperator, withOperator, withoutOperator } from '../model/operators';
import type { View } from '../model/url_state';
import { inFile } from '../state/kept';
import { navigate } from '../state/view';
import { PRESET_OPERATORS } from './frame_actions';
import { Menu } from './menu';

/** What is done with the tree before it is shown, each step as a chip that can be taken away. Explore has fields for what-ifs. */
export function OperatorChips(props: { readonly shown: View }) {
  const { operators } = props.shown;
  return (
    <div class="chips" data-testid="operators">
      {operators.map((operator, at) =>
        operator.name === 'scale' && props.shown.page === 'explore' ? null : (
          <span key={`${operator.name} ${operator.argument}`} class="chip" data-testid="operator">
            <span class="chip-text" title={`${operator.name}=${operator.argument}`}>
              {describeOperator(operator)}
            </span>
            {!inFile() && (
              <button
                type="button"
                aria-label={`Remove ${describeOperator(operator)}`}
                onClick={() => navigate({ operators: withoutOperator(operators, at), zoom: '' })}
              >
                ×
              </button>
            )}
          </span>
        ),
      )}
      {!inFile() && <TransformMenu operators={operators} />}
    </div>
  );
}

function TransformMenu(props: { readonly operators: View['operators'] }) {
  const { operators } = props;
  return (
    <Menu title="Transform" label="Transform the tree" testid="transform">
      {(close) => (
        <div class="menu-list">
          {PRESET_OPERATORS.map(([title, name, argument]) => (
            <button
              key={title}
              type="button"
              data-testid={`preset-${name}`}
              onClick={() => {
                navigate({ operators: withOperator(operators, { name, argument }), zoom: '' });
                close();
              }}
            >
              {title}
            </button>
          ))}
          <p class="hint">The menu of a frame or a row (right button, long press) has more.</p>
        </div>
      )}
    </Menu>
  );
}
