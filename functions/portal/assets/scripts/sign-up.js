// @ts-check
import { call } from "./api.js";
import { el } from "./dom.js";
import { onSubmit } from "./form.js";
import { start } from "./shell.js";

start(async () => {
  onSubmit(el("form", HTMLFormElement), async (values) => {
    await call("POST", "/api/accounts", values);
    sessionStorage.setItem("phoneotp.mail", values.email ?? "");
    location.assign("/check-your-mail");
  });
});
