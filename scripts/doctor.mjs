/**
 * Says what is there, what is used, what is missing and the command that gets it: npm run doctor. Changes nothing, and
 * runs before anything is installed. Exit status 0 if all that is needed can be used.
 */
import { fileURLToPath } from "node:url";
import { examine, table } from "./setup/examine.mjs";

const findings = await examine(fileURLToPath(new URL("..", import.meta.url)));
console.log(table(findings));
const lacking = findings.filter(({ state }) => state === "lacking");
const names = lacking.map(({ name }) => name).join(", ");
console.log(lacking.length === 0 ? "\nAll that DMO Lab needs can be used." : `\nDMO Lab cannot run yet: ${names}.`);
process.exitCode = lacking.length === 0 ? 0 : 1;
