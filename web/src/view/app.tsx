import { useMemo, useState } from 'preact/hooks';
import { measureOf } from '../model/cores';
import type { KeptPrice } from '../model/documents';
import { keptPriceOf, type Price } from '../model/money';
import { enterCompare } from '../model/presets';
import type { View } from '../model/url_state';
import { now } from '../state/clock';
import { prices } from '../state/documents';
import { navigate, view } from '../state/view';
import { Compare } from './compare';
import { CostField } from './cost_field';
import { Explore } from './explore';
import { useAtom } from './hooks';
import { KeysDialog } from './keys_dialog';
import { PageButtons, useShortcuts } from './page_buttons';
import { UploadMenu } from './upload_menu';
import { MissingView, ViewsMenu } from './views_menu';

export function App() {
  const shown = useAtom(view);
  const [keys, setKeys] = useState(false);
  const kept = keptPriceOf(useAtom(prices.state).value ?? [], chargedQuery(shown));
  const price = useMemo(() => priceOf(shown, kept), [shown.cost, shown.per, shown.type, kept]);
  useShortcuts(() => setKeys(true));
  return (
    <>
      <MissingView />
      <Header shown={shown} kept={kept} onKeys={() => setKeys(true)} />
      {shown.page === 'explore' ? (
        <Explore shown={shown} price={price} />
      ) : (
        <Compare shown={shown} price={price} />
      )}
      {keys && <KeysDialog onClose={() => setKeys(false)} />}
    </>
  );
}

/** Servers are paid for their cores: of bytes and waiting there is no price. The address goes before what is kept. */
function priceOf(shown: View, kept: KeptPrice | null): Price | null {
  if (measureOf(shown.type).unit !== 'cores') return null;
  return shown.cost === null ? kept : { amount: shown.cost, per: shown.per };
}

/** The selection whose servers cost what the field says. */
function chargedQuery(shown: View): string {
  return shown.page === 'explore' ? shown.query : shown.baseline.query;
}

function Header(props: {
  readonly shown: View;
  readonly kept: KeptPrice | null;
  readonly onKeys: () => void;
}) {
  const { shown, kept } = props;
  // Only a narrow page folds its tools away: see the style sheet.
  const [open, setOpen] = useState(false);
  return (
    <header>
      <h1 class="brand">phlox</h1>
      <Pages shown={shown} />
      <span class="spring" />
      <button
        type="button"
        class="header-more"
        aria-expanded={open}
        aria-controls="header-tools"
        data-testid="header-more"
        onClick={() => setOpen(!open)}
      >
        More
      </button>
      <div class={open ? 'header-tools open' : 'header-tools'} id="header-tools">
        <UploadMenu />
        <ViewsMenu shown={shown} />
        <CostField cost={shown.cost} per={shown.per} kept={kept} query={chargedQuery(shown)} />
        <PageButtons shown={shown} onKeys={props.onKeys} />
      </div>
    </header>
  );
}

function Pages(props: { readonly shown: View }) {
  const { shown } = props;
  const explore = shown.page === 'explore';
  return (
    <nav class="segments" aria-label="Pages">
      <button
        type="button"
        aria-current={explore ? 'page' : undefined}
        data-testid="page-explore"
        onClick={() => navigate({ page: 'explore', sort: '', zoom: '' })}
      >
        Explore
      </button>
      <button
        type="button"
        aria-current={explore ? undefined : 'page'}
        data-testid="page-compare"
        onClick={() => explore && navigate(enterCompare(shown, now.get()))}
      >
        Compare
      </button>
    </nav>
  );
}
