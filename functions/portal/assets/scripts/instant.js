// @ts-check
/** Instant proofing: consent, the applicant, the bureau's questions on the server's clock, the outcome. Nothing of it is kept in the browser. */
/** @import { InstantOutcome, ProofingCase, Quiz, QuizGiven } from "./contract.js" */
import { call, Refusal, serverNow } from "./api.js";
import { alert, arriveAt, box, el, h, link, loaded, say, show } from "./dom.js";
import { Incomplete, onSubmit } from "./form.js";
import { minutes } from "./format.js";
import { attempts, consent, consentText, nameToConfirm } from "./proofing-case.js";
import { signedIn, start } from "./shell.js";

const spoken = [120, 60, 20]; // seconds left at which the countdown speaks
const late = 1_000; // what a date header may hide; shown less, so that nobody is promised a second that is gone
const stages = ["consent", "ask", "quiz", "over", "outcome"];
let ticking = 0;
/** @type {Quiz | null} */
let quiz = null;

start(async () => {
  await signedIn();
  const c = /** @type {ProofingCase} */ (await call("GET", "/api/proofing"));
  if (!c.methods.includes("instant")) {
    location.replace("/proofing"); // which says why, and what is open
    return;
  }
  await nameToConfirm();
  loaded();
  consentText(c);
  show("consent");
  el("agree", HTMLButtonElement).addEventListener("click", () => stage("ask"));
  onSubmit(el("form", HTMLFormElement), async (values) => answered(await call("POST", "/api/proofing/instant", { consent: consent(c), name_confirmed: true, applicant: applicant(values) })));
  onSubmit(el("quiz-form", HTMLFormElement), submit);
});

/** @param {string} id */
function stage(id) {
  for (const other of stages) show(other, other === id);
  arriveAt(id);
}

/** @param {Record<string, string>} values */
function applicant(values) {
  const v = (/** @type {string} */ name) => (values[`applicant.${name}`] ?? "").trim();
  const errors = [];
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(v("date_of_birth"))) errors.push({ pointer: "/applicant/date_of_birth", detail: "Enter your date of birth" });
  if (v("ssn_last4") && !/^[0-9]{4}$/.test(v("ssn_last4"))) errors.push({ pointer: "/applicant/ssn_last4", detail: "Enter exactly four digits, or leave it empty" });
  if (errors.length) throw new Incomplete(errors);
  const line2 = v("address.line2"), ssn = v("ssn_last4");
  return {
    date_of_birth: v("date_of_birth"), ...(ssn ? { ssn_last4: ssn } : {}), phone: v("phone"),
    address: { line1: v("address.line1"), ...(line2 ? { line2 } : {}), city: v("address.city"), region: v("address.region"), postal_code: v("address.postal_code"), country: "US" },
  };
}

/** Both questions and answers may lead to questions, or to an outcome. @param {QuizGiven | InstantOutcome} step */
function answered(step) {
  el("form", HTMLFormElement).reset();
  if ("quiz" in step) ask(step.quiz);
  else void outcome(step);
}

/** @param {Quiz} given */
function ask(given) {
  const more = quiz !== null;
  quiz = given;
  say("quiz-heading", more ? "A few more questions" : "Your questions");
  box("questions").replaceChildren(...given.questions.map((q, i) => question(q, i)));
  stage("quiz");
  clearInterval(ticking);
  tick();
  ticking = window.setInterval(tick, 1000);
}

/** @param {Quiz["questions"][number]} q @param {number} i */
function question(q, i) {
  return h("fieldset", { class: "usa-fieldset usa-form-group", "data-pointer": `/answers/${i}` }, h("legend", { class: "usa-legend" }, `${i + 1}. ${q.text}`),
    ...q.choices.map((c, j) => h("div", { class: "usa-radio" },
      h("input", { class: "usa-radio__input usa-radio__input--tile", type: "radio", name: `q${i}`, value: c.id, id: `q${i}-${j}` }), h("label", { class: "usa-radio__label", for: `q${i}-${j}` }, c.text))));
}

function tick() {
  if (!quiz) return;
  const left = Date.parse(quiz.expires_at) - serverNow() - late;
  const seconds = Math.ceil(left / 1000);
  say("quiz-time", `Time left: ${minutes(left)}.`);
  box("quiz-left").classList.toggle("code__left--soon", left < 60_000);
  if (spoken.includes(seconds)) say("quiz-said", `${seconds} seconds left.`);
  if (left <= 0 && !box("quiz-form").dataset.busy) over();
}

function over() {
  clearInterval(ticking);
  quiz = null;
  box("questions").replaceChildren();
  stage("over");
}

/** @param {Record<string, string>} values */
async function submit(values) {
  const asked = quiz;
  if (!asked) return;
  const missing = asked.questions.flatMap((_, i) => (values[`q${i}`] ? [] : [{ pointer: `/answers/${i}`, detail: `Choose an answer to question ${i + 1}` }]));
  if (missing.length) throw new Incomplete(missing);
  try {
    answered(await call("POST", "/api/proofing/instant/answers", { quiz_id: asked.id, answers: asked.questions.map((q, i) => ({ question_id: q.id, choice_id: values[`q${i}`] })) }));
  } catch (failure) {
    if (failure instanceof Refusal && failure.code === "quiz-expired") return over();
    throw failure;
  }
}

/** One text for all reasons (product.md 4). @param {InstantOutcome} o */
async function outcome(o) {
  clearInterval(ticking);
  quiz = null;
  box("questions").replaceChildren();
  const passed = o.outcome === "passed";
  const again = !passed && o.attempts_left > 0 && /** @type {ProofingCase} */ (await call("GET", "/api/proofing")).methods.includes("instant");
  say("heading", passed ? "Your identity is proofed" : "We could not verify you this way");
  box("outcome-body").replaceChildren(...(passed ? pass() : noPass(o.attempts_left, again)));
  stage("outcome");
}

const pass = () => [alert("success", "Passed", "You were proofed by instant questions. Register a phone to activate the credential."), h("p", {}, link("/phones/register", "Register Your Phone", "usa-button usa-button--big"))];

/** @param {number} left @param {boolean} again */
function noPass(left, again) {
  if (left === 0) return [alert("error", "All tries are used up", "The license key is void. A new subscription must be bought to try again."), h("p", {}, link("/store", "Get 2FA", "usa-button"))];
  return [alert("warning", "This way did not work", `That can have many reasons, and we do not say which. ${attempts(left)} Live video is open to you.`),
    h("p", {}, link("/proofing/booking", "Use live video", "usa-button usa-button--big")), ...(again ? [h("p", {}, link("/proofing/instant", "Try once more with other questions"))] : [])];
}
