import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { cancelAll, retry } from '../state/queries';

/** Shown where a service or range has no profiles. Says how to get some. */
export function NoProfiles(props: { readonly children?: ComponentChildren }) {
  return (
    <section class="message" data-testid="empty">
      <h2>No profiles here yet</h2>
      {props.children}
      <p>Profile a program, and it shows up within ten seconds:</p>
      <pre>
        <code>phlox exec --service shop -- python app.py</code>
      </pre>
      <p>A profile that lies in a file is taken by Upload, above.</p>
      <p>If it already runs, choose a longer range of time or take a label away from the selector.</p>
    </section>
  );
}

export function Failure(props: { readonly message: string }) {
  return (
    <section class="message failure" role="alert" data-testid="error">
      <h2>This could not be loaded</h2>
      <p>{props.message}</p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </section>
  );
}

const PATIENCE_S = 1;

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
