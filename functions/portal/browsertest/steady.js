// What a test asks about an element before it acts on it. In every page before its own scripts, so that it knows which
// elements those listen to.
globalThis.steady = (() => {
  const heard = new WeakMap();
  const listen = EventTarget.prototype.addEventListener;
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    const target = this ?? globalThis;
    heard.set(target, (heard.get(target) ?? new Set()).add(type));
    return listen.call(target, type, ...rest);
  };
  const hears = (target, type) => Boolean(heard.get(target)?.has(type));

  /** Whether the page's own script runs; a page without one has nothing to wait for. */
  const ready = () => document.readyState !== "loading" && (!document.querySelector("script[type=module]") || document.documentElement.classList.contains("ready"));

  /** Whether somebody acts on a press of the button; where no script is to, the browser does. */
  const answers = (button) => {
    if (!document.querySelector("script[type=module]")) return true;
    const form = button.type === "submit" ? button.form : null;
    if (form?.method === "dialog" || (form && hears(form, "submit"))) return true;
    for (let e = button; e && e !== document.documentElement; e = e.parentElement) if (hears(e, "click")) return true;
    return false;
  };

  /** Why the element cannot be seen; empty if it can. */
  const unseen = (css) => {
    const e = document.querySelector(css);
    if (!e) return "there is none";
    return e.offsetWidth || e.offsetHeight || e.getClientRects().length ? "" : "it is hidden";
  };

  const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 100); });
  const place = (e) => { const { x, y, width, height } = e.getClientRects()[0] ?? {}; return [x, y, width, height].join(); };

  // A page may move between the look and the press: what would hit something else is kept from it, and done again.
  let missed = "";
  let unguard = () => {};
  const guard = (e) => {
    unguard();
    missed = "";
    const presses = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];
    const see = (event) => {
      if (!event.isTrusted) return;
      if (!e.contains(event.target)) {
        missed = "it moved away";
        event.preventDefault();
        event.stopImmediatePropagation();
      }
      if (event.type === "click") unguard();
    };
    for (const press of presses) listen.call(globalThis, press, see, true);
    unguard = () => { for (const press of presses) globalThis.removeEventListener(press, see, true); };
  };

  /** Why the last press was kept from the page; empty if it was not, or if the page has been left. */
  const missedBy = () => { unguard(); return missed; };

  /** Where the element can be clicked, or why not yet. */
  const clickable = async (css) => {
    const no = (notYet) => ({ x: 0, y: 0, notYet });
    const hidden = unseen(css);
    if (hidden) return no(hidden);
    if (!ready()) return no("the page is not ready");
    const e = document.querySelector(css);
    const button = e.closest("button");
    if (button && !answers(button)) return no("no script listens to it");
    e.scrollIntoViewIfNeeded();
    const before = place(e);
    await frame();
    if (document.querySelector(css) !== e || place(e) !== before) return no("it moves");
    const r = e.getClientRects()[0];
    if (!r) return no("it is hidden");
    const x = r.x + r.width / 2, y = r.y + r.height / 2;
    const hit = document.elementFromPoint(x, y);
    if (e.contains(hit)) {
      guard(e);
      return { x, y, notYet: "" };
    }
    e.scrollIntoView({ block: "center", behavior: "instant" }); // from under what stays at the edge of the window
    return no(`${hit?.outerHTML.slice(0, 80)} lies over it`);
  };

  /** Selects what stands in a field, or tells why that is too early. */
  const select = (css) => {
    const hidden = unseen(css);
    if (hidden || !ready()) return hidden || "the page is not ready";
    document.querySelector(css).select();
    return "";
  };

  return { ready, unseen, clickable, missedBy, select };
})();
