import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runPython } from './python.ts';
import { createTempDirectory } from './temp-directory.ts';

test('A script in Python gets JSON and gives JSON, with the modules of the system alone', async () => {
  await using directory = await createTempDirectory('python');
  const script = join(directory.path, 'script.py');
  await writeFile(join(directory.path, 'json_beside.py'), '');
  await writeFile(
    script,
    `import json, os, sys, authlib
given = json.load(sys.stdin)
if given == "beside": import json_beside
json.dump({"given": given, "env": os.environ.get("CANARY")}, sys.stdout)
`,
  );
  const input = { list: [1, 'ä'] };
  expect(await runPython({ script, input, env: { CANARY: 'yes' } })).toEqual({ given: input, env: 'yes' });
  await expect(runPython({ script, input: 'beside' })).rejects.toThrow("No module named 'json_beside'");
});
