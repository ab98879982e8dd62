/** A share as a small bar, beside the number that says the same. */
export function Meter(props: { readonly share: number }) {
  return (
    <span class="meter" aria-hidden="true">
      <span style={{ width: `${Math.round(Math.min(1, Math.max(0, props.share)) * 100)}%` }} />
    </span>
  );
}
