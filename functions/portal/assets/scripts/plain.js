// @ts-check
/** Pages that only show who is signed in. */
import { start } from "./shell.js";
start(async () => {});
