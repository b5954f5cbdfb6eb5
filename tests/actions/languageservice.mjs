// GitHub's own checker of workflows, on the files that are named; bundled by the test that runs it.
import fs from "node:fs";
import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";

let found = 0;
for (const file of process.argv.slice(2)) {
  const uri = "file:///.github/workflows/" + file.split("/").pop();
  for (const one of await validate(TextDocument.create(uri, "yaml", 0, fs.readFileSync(file, "utf8")))) {
    found += 1;
    console.log(`${file}:${one.range.start.line + 1}: ${one.message}`);
  }
}
process.exit(found ? 1 : 0);
