import { expect, it } from 'vitest';
import { agentCommands } from './agent';

it('names the server where it is another than the usual one, and the service where it can', () => {
  expect(agentCommands('http://127.0.0.1:4040', '')).toEqual({
    exec: 'phlox exec --service shop -- python app.py',
    attach: 'phlox attach --service shop --pid 1234',
  });
  expect(agentCommands('http://profiles:80', '{service_name="api.v2"}').attach).toBe(
    'phlox attach --server http://profiles:80 --service api.v2 --pid 1234',
  );
  expect(agentCommands('https://profiles', '{service_name="two words"}').exec).toBe(
    'phlox exec --service shop -- python app.py',
  );
});
