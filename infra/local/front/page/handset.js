// Handset and mailbox: copies, shows how long ago, and asks every two seconds for what is newer.
const list = document.getElementById("list");
const status = document.getElementById("status");
const count = document.getElementById("count");

function say(text) {
  status.textContent = "";
  requestAnimationFrame(() => { status.textContent = text; });
}

async function copy(text, from) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    const range = document.createRange();
    range.selectNodeContents(from.closest("article").querySelector(".body"));
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    say("The browser did not allow copying. The message is selected: press Ctrl+C.");
  }
}

list.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  copy(button.dataset.copy ?? button.closest("article").querySelector(".body").textContent, button);
});

function ago(time) {
  const seconds = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
  time.title = time.dateTime;
  if (seconds < 60) time.textContent = `${seconds} s ago`;
  else if (seconds < 3600) time.textContent = `${Math.floor(seconds / 60)} min ago`;
  else time.textContent = new Date(time.dateTime).toLocaleString();
}

function tick() {
  list.querySelectorAll("time").forEach(ago);
}

async function newer() {
  const query = new URLSearchParams(list.dataset.query);
  query.set("since", list.dataset.last);
  const answer = await fetch(`/_local/newer?${query}`).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = [...page.querySelectorAll("article")];
  if (found.length === 0) return;
  list.dataset.last = found[0].dataset.number;
  list.prepend(...found);
  const total = list.querySelectorAll("article").length;
  count.textContent = total === 1 ? "1 message." : `${total} messages, newest first.`;
  say(found.length === 1 ? "1 new message." : `${found.length} new messages.`);
  tick();
}

tick();
setInterval(tick, 1000);
setInterval(newer, 2000);
