import type { ComponentChildren } from 'preact';
import { retry } from '../state/queries';

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

export function Waiting() {
  return (
    <p class="message" role="status">
      Loading…
    </p>
  );
}
