import { useState } from 'preact/hooks';
import { parseUploaded, serviceNameOf, shownAfter } from '../model/upload';
import { explain, post, send } from '../state/client';
import { navigate } from '../state/view';
import { Menu } from './menu';

/** Sends a profile that lies in a file, and shows it. */
export function UploadMenu() {
  return (
    <Menu title="Upload" label="Upload a profile" testid="upload">
      {(close) => <UploadForm onDone={close} />}
    </Menu>
  );
}

const TYPES = [
  ['CPU time', 'process_cpu:cpu:nanoseconds:cpu:nanoseconds'],
  ['wall time', 'wall:wall:nanoseconds:wall:nanoseconds'],
] as const;

function UploadForm(props: { readonly onDone: () => void }) {
  const [file, setFile] = useState<File | null>(null);
  const [service, setService] = useState('');
  const [type, setType] = useState<string>(TYPES[0][1]);
  const [rate, setRate] = useState('100');
  const [sending, setSending] = useState<AbortController | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const name = serviceNameOf(service);
  const ready = file !== null && name !== '' && /^[1-9]\d{0,5}$/.test(rate);

  const choose = (chosen: File | null): void => {
    setFile(chosen);
    setProblem(null);
    if (chosen !== null && service === '') setService(serviceNameOf(chosen.name.replace(/\..*$/, '')));
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!ready || sending !== null) return;
    const stop = new AbortController();
    setSending(stop);
    setProblem(null);
    try {
      const answer = await send(post('upload', { name, type, rate }, file), stop.signal);
      navigate(shownAfter(parseUploaded(answer)));
      props.onDone();
    } catch (error) {
      setSending(null);
      if (!stop.signal.aborted) setProblem(explain(error));
    }
  };

  return (
    <form class="upload" onSubmit={(event) => void submit(event)}>
      <label for="upload-file">File</label>
      <input
        id="upload-file"
        type="file"
        data-testid="upload-file"
        onChange={(event) => choose(event.currentTarget.files?.[0] ?? null)}
      />
      <label for="upload-service">Service</label>
      <input
        id="upload-service"
        placeholder="shop"
        maxLength={100}
        data-testid="upload-service"
        value={service}
        onInput={(event) => setService(event.currentTarget.value)}
      />
      <fieldset>
        <legend>Where the file does not say, as folded stacks</legend>
        <label>
          it holds{' '}
          <select value={type} data-testid="upload-type" onChange={(event) => setType(event.currentTarget.value)}>
            {TYPES.map(([title, id]) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <label>
          sampled at{' '}
          <input
            inputMode="numeric"
            size={6}
            data-testid="upload-rate"
            value={rate}
            onInput={(event) => setRate(event.currentTarget.value)}
          />{' '}
          Hz
        </label>
      </fieldset>
      {problem !== null && (
        <p role="alert" data-testid="upload-problem">
          {problem}
        </p>
      )}
      <p class="hint">
        pprof, speedscope, Firefox profile, austin, perf script, folded stacks, CPython 3.15’s sampler, gzipped or not.
        From a script: <code>phlox push FILE --service shop</code>
      </p>
      {sending === null ? (
        <button type="submit" class="primary" data-testid="upload-send" disabled={!ready}>
          Upload
        </button>
      ) : (
        <button type="button" data-testid="upload-cancel" onClick={() => sending.abort()}>
          Uploading… Cancel
        </button>
      )}
    </form>
  );
}
