/** `paramwise setup` where the command is installed; what it provides there is in `testing/packed.test.ts`. */
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../src/index.ts';
import { run } from './run.ts';

describe('setup', () => {
  it('is a command, and says what it does', async () => {
    expect(COMMANDS.map(({ name }) => name)).toContain('setup');
    const { code, out } = await run('setup', '--help');
    expect(code).toBe(0);
    expect(out).toContain('LIBTORCH=/opt/libtorch paramwise setup');
  });
});
