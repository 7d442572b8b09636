// @ts-check
import { call } from "./api.js";
import { el } from "./dom.js";
import { onSubmit } from "./form.js";
import { signedIn, start } from "./shell.js";

start(async () => {
  el("username", HTMLInputElement).value = (await signedIn()).user_id;
  const form = el("form", HTMLFormElement);
  onSubmit(form, async ({ current, new: chosen }) => {
    await call("POST", "/api/password", { current, new: chosen });
    form.reset();
    const saved = form.querySelector("[data-saved]");
    if (saved) saved.textContent = "Your password has been changed. Your other sessions have ended.";
  });
});
