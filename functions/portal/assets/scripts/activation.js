// @ts-check
import { call } from "./api.js";
import { el } from "./dom.js";
import { onSubmit } from "./form.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  await signedIn();
  onSubmit(el("form", HTMLFormElement), async (values) => {
    await call("POST", "/api/proofing/activation-code", values);
    location.assign("/phones/register");
  });
});
