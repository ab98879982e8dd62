import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { agentCommands } from '../model/agent';
import { cancelAll, retry } from '../state/queries';
import { useBusy } from './hooks';

/** Shown where a service or range has no profiles. Says how to get some. */
export function NoProfiles(props: { readonly query: string; readonly children?: ComponentChildren }) {
  const commands = agentCommands(location.origin, props.query);
  return (
    <section class="message" data-testid="empty">
      <h2>No profiles here yet</h2>
      {props.children}
      <p>Start a program under the profiler, and it shows up within ten seconds:</p>
      <pre>
        <code>{commands.exec}</code>
      </pre>
      <p>Or take one that already runs:</p>
      <pre>
        <code>{commands.attach}</code>
      </pre>
      <p>A profile that lies in a file is taken by Upload, above.</p>
      <p>If there should be some: choose a longer range of time, or take a label away from the selector.</p>
    </section>
  );
}

/** Where one of two sides has nothing to be compared: the other one has, so no agent is missing. */
export function EmptySide(props: { readonly side: 'baseline' | 'comparison' }) {
  return (
    <section class="message" data-testid="empty">
      <h2>Nothing to compare yet</h2>
      <p>The {props.side} has no profiles in its range.</p>
      <p>Choose another range or another selection for it above.</p>
      <p>To compare two versions, hosts or the like over one range, choose their label and two of its values under “By label”.</p>
    </section>
  );
}

export function Failure(props: { readonly message: string }) {
  return (
    <section class="message failure" role="alert" data-testid="error">
      <h2>This could not be loaded</h2>
      <p>{props.message}</p>
      <p>Change what is asked for in the fields above, or ask once more.</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </section>
  );
}

const PATIENCE_S = 1;

/** What is on its way, beside something older. By itself, so that nothing else is drawn again when something sets out or arrives. */
export function WaitingBeside() {
  return useBusy() ? <Waiting beside /> : null;
}

/** What is on its way, for how long, and how to stop it. Beside something older it shows up only when it takes long. */
export function Waiting(props: { readonly beside?: boolean }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((before) => before + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (props.beside === true && seconds < PATIENCE_S) return null;
  return (
    <p class={props.beside === true ? 'waiting-beside' : 'message'} role="status" data-testid="waiting">
      Loading…{' '}
      {seconds > 0 && (
        <>
          <span aria-hidden="true">{seconds} s </span>
          <button type="button" class="small" data-testid="cancel" onClick={cancelAll}>
            Cancel
          </button>
        </>
      )}
    </p>
  );
}
