// @ts-check
/** One code: how long it works, where it went, how it is entered, how the next one is had. The server decides; this shows. */
/** @import { Challenge } from "./contract.js" */
import { call, Refusal, serverNow } from "./api.js";
import { box, el, say, show } from "./dom.js";
import { Incomplete, onPress, onSubmit, clear, showFailure } from "./form.js";
import { atTime, inSeconds, minutes } from "./format.js";

const spoken = [60, 10]; // seconds left at which the countdown speaks
const lookEvery = 3_000; // milliseconds between two looks at the delivery
const lookFor = 60_000; // and how long in all
const support = 10 * 365 * 86_400_000; // milliseconds: no wait is so long; the last rung of wrong codes ends by support alone
const late = 1_000; // what a date header may hide; shown less, so that nobody is promised a second that is gone

/** @type {Record<string, string>} */
const delivery = {
  accepted: "On its way.", sent: "Handed to the phone network.", delivered: "Delivered.",
  failed: "It could not be delivered.", unknown: "We cannot tell whether it went out. If nothing arrives, ask for a new code.",
};

/**
 * The code panel of a page. Show a challenge with it; it calls verified with what the server answered.
 * @template T
 */
export class CodePanel {
  /** @type {Challenge | null} */ #challenge = null;
  /** @type {"sms" | "voice"} */ #other = "voice";
  #ticking = 0;
  #looking = 0;
  #over = false;

  /**
   * @param {{verify: string, texts: () => boolean, verified: (answer: T) => void}} does
   * verify: the route that takes the code; texts: whether the number of the challenge takes texts at all
   */
  constructor(does) {
    this.does = does;
    const form = el("code-form", HTMLFormElement);
    onSubmit(form, async (values) => {
      const code = normalised(values.code ?? "");
      if (!/^[0-9]{6}$/.test(code)) throw new Incomplete([{ pointer: "/code", detail: "The code has exactly six digits" }]);
      try {
        this.does.verified(await call("POST", this.does.verify, { challenge_id: this.#challenge?.challenge_id, code }));
      } catch (failure) {
        this.#refused(form, failure);
      }
    });
    onPress(el("code-resend", HTMLButtonElement), form, () => this.#resend(this.#challenge?.phone.channel ?? "sms"));
    onPress(el("code-other", HTMLButtonElement), form, () => this.#resend(this.#other));
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.#look(); });
  }

  /** @param {Challenge} challenge @param {boolean} [focus] */
  show(challenge, focus = true) {
    const fresh = challenge.challenge_id !== this.#challenge?.challenge_id;
    this.#challenge = challenge;
    const called = challenge.phone.channel === "voice";
    this.#other = called ? "sms" : "voice";
    show("code-panel");
    say("code-sent", called ? `We are calling the phone ending ${challenge.phone.ending}. The code is read three times.` : `We sent a text message to the phone ending ${challenge.phone.ending}.`);
    say("code-tag", challenge.tag);
    say("code-delivery", (challenge.delivery === "failed" && challenge.delivery_detail) || (delivery[challenge.delivery] ?? ""));
    say("code-resend", called ? "Call again" : "Resend Code");
    say("code-other", called ? "Text me instead" : "Call me instead");
    show("code-other-way", called ? this.does.texts() : true);
    if (fresh) {
      this.#over = false;
      const field = el("code", HTMLInputElement);
      field.value = "";
      clear(el("code-form", HTMLFormElement));
      if (focus) field.focus();
      say("code-said", `A new code is on its way, marked ${[...challenge.tag].join(" ")}.`);
      this.#lookLater(Date.now() + lookFor);
    }
    clearInterval(this.#ticking);
    this.#tick();
    this.#ticking = window.setInterval(() => this.#tick(), 1000);
  }

  hide() {
    clearInterval(this.#ticking);
    clearTimeout(this.#looking);
    this.#challenge = null;
    show("code-panel", false);
  }

  #tick() {
    const c = this.#challenge;
    if (!c) return;
    const left = Date.parse(c.expires_at) - serverNow() - late;
    const seconds = Math.ceil(left / 1000);
    if (c.tries_left === 0) this.#ended("This code has been spent. Ask for a new one.");
    else if (left <= 0) this.#ended("This code has expired. Ask for a new one.");
    else {
      say("code-time", `The code works for ${minutes(left)} more.`);
      say("code-tries", `${c.tries_left} ${c.tries_left === 1 ? "try" : "tries"} left.`);
      box("code-left").classList.toggle("code__left--soon", left < 20_000);
    }
    if (!this.#over && spoken.includes(seconds)) say("code-said", `The code works for ${seconds} more seconds.`);
    this.#when("code-resend", "code-resend-when", c.phone.channel === "voice" ? c.next_voice_at : c.next_sms_at);
    this.#when("code-other", "code-other-when", this.#other === "voice" ? c.next_voice_at : c.next_sms_at);
  }

  /** @param {string} text */
  #ended(text) {
    say("code-time", text);
    say("code-tries", "");
    if (!this.#over) say("code-said", text);
    this.#over = true;
  }

  /** A way that is not open yet says from when. @param {string} button @param {string} place @param {string} instant */
  #when(button, place, instant) {
    const wait = Date.parse(instant) - serverNow();
    const closed = wait > 0;
    if (box("code-form").dataset.busy) return;
    box(button).classList.toggle("waiting", closed);
    if (closed) box(button).setAttribute("aria-disabled", "true");
    else box(button).removeAttribute("aria-disabled");
    say(place, closed ? (wait > support ? "Only support can unlock codes" : wait < 600_000 ? `Possible in ${minutes(wait)}` : `Possible ${atTime(Date.parse(instant), serverNow())}`) : "");
  }

  /** @param {"sms" | "voice"} channel */
  async #resend(channel) {
    const c = this.#challenge;
    if (c) this.show(/** @type {Challenge} */ (await call("POST", `/api/otp/challenges/${encodeURIComponent(c.challenge_id)}/resend`, { channel })));
  }

  /** @param {HTMLFormElement} form @param {unknown} failure */
  #refused(form, failure) {
    if (failure instanceof Refusal && this.#challenge) {
      const left = failure.document.tries_left;
      if (left !== undefined) this.#challenge = { ...this.#challenge, tries_left: left };
      if (failure.code === "otp-spent") this.#challenge = { ...this.#challenge, tries_left: 0 };
      if (failure.code === "otp-wrong" || failure.code === "otp-earlier-code" || failure.code === "otp-malformed") {
        const { title, detail, retry_at: retry } = failure.document;
        const wait = retry ? ` You can try again ${inSeconds(Date.parse(retry) - serverNow())}.` : "";
        failure = new Incomplete([{ pointer: "/code", detail: (detail ?? title) + wait }]);
      }
      this.#tick();
    }
    showFailure(form, failure);
  }

  /** @param {number} until */
  #lookLater(until) {
    clearTimeout(this.#looking);
    this.#looking = window.setTimeout(() => {
      void this.#look().then((open) => { if (open && Date.now() < until) this.#lookLater(until); });
    }, lookEvery);
  }

  /** Asks what became of the message; also where the clock stands after a sleep. @returns {Promise<boolean>} whether more may become known */
  async #look() {
    const c = this.#challenge;
    if (!c) return false;
    try {
      const now = /** @type {Challenge} */ (await call("GET", `/api/otp/challenges/${encodeURIComponent(c.challenge_id)}`));
      if (this.#challenge?.challenge_id !== now.challenge_id) return false;
      this.show(now, false);
      return now.delivery !== "delivered" && now.delivery !== "failed";
    } catch {
      return true; // only a look: the next one may work
    }
  }
}

/** What people paste becomes six digits: full-width digits, spaces, dashes, the # of the last line. @param {string} typed */
export function normalised(typed) {
  return typed.normalize("NFKC").replace(/[\s#\-.\u200b-\u200d\ufeff\u2010-\u2015]/g, "");
}
