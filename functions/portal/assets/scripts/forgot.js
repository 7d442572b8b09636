// @ts-check
import { call } from "./api.js";
import { arriveAt, el, show } from "./dom.js";
import { onSubmit } from "./form.js";
import { start } from "./shell.js";

start(async () => {
  onSubmit(el("form", HTMLFormElement), async (values) => {
    await call("POST", "/api/password/forgot", values);
    show("ask", false);
    arriveAt("done");
  });
});
