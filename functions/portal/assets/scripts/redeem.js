// @ts-check
/** @import { Redeemed } from "./contract.js" */
import { call } from "./api.js";
import { afterKey } from "./credential.js";
import { el } from "./dom.js";
import { onSubmit } from "./form.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  onSubmit(el("form", HTMLFormElement), async (values) => {
    const { next } = /** @type {Redeemed} */ (await call("POST", "/api/licenses/redeem", values));
    location.assign(afterKey(next));
  });
});
