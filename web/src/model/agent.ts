/** The commands that bring profiles here, as they are to be typed. */
import { parseSelector, serviceOf } from './selector';

/** Where agents send to by themselves. */
const USUAL_SERVERS: ReadonlySet<string> = new Set(['http://127.0.0.1:4040', 'http://localhost:4040']);

export interface AgentCommands {
  /** Starts a program. */
  readonly exec: string;
  /** Takes one that runs. */
  readonly attach: string;
}

/** For the server of this origin, and the service that was asked for where its name needs no quotes. */
export function agentCommands(origin: string, query: string): AgentCommands {
  const asked = serviceOf(parseSelector(query) ?? []);
  const service = /^[\w.-]+$/.test(asked) ? asked : 'shop';
  // Agents speak plain HTTP; how they reach what stands behind a proxy the page cannot know.
  const isKnown = origin.startsWith('http://') && !USUAL_SERVERS.has(origin);
  const to = `${isKnown ? `--server ${origin} ` : ''}--service ${service}`;
  return { exec: `phlox exec ${to} -- python app.py`, attach: `phlox attach ${to} --pid 1234` };
}
