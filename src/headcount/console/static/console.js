// What pages do beside being read: copy, tell times, search as one types, follow what happens.
// Everything works without this file, but for what is live.

const MINUTE = 60_000;
const units = [["year", 31_536_000], ["month", 2_592_000], ["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

function relative(date) {
  const seconds = Math.round((date - Date.now()) / 1000);
  if (Math.abs(seconds) < 10) return "just now";
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length);
  const amount = Math.floor(Math.abs(seconds) / length);
  const words = `${amount} ${unit}${amount === 1 ? "" : "s"}`;
  return seconds > 0 ? `in ${words}` : `${words} ago`;
}

function tellTimes(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) time.textContent = relative(new Date(time.dateTime));
}

function offerCopies(root = document) {
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    const text = button.parentElement.querySelector("code");
    if (text) getSelection().selectAllChildren(text);
    button.textContent = "Press Ctrl-C";
  }
  setTimeout(() => { button.textContent = before; }, 2_000);
});

document.addEventListener("submit", (event) => {
  const sentence = event.target.dataset.confirm;
  if (sentence && !confirm(sentence)) event.preventDefault();
});

// <form data-live="#ID">: while somebody types or chooses, the element ID is drawn again.
for (const form of document.querySelectorAll("form[data-live]")) {
  let timer, running;
  const again = async () => {
    running?.abort();
    running = new AbortController();
    const address = `${form.action || location.pathname}?${new URLSearchParams(new FormData(form))}`;
    try {
      const page = await fetch(address, { signal: running.signal });
      if (!page.ok) return;
      const drawn = new DOMParser().parseFromString(await page.text(), "text/html").querySelector(form.dataset.live);
      const old = document.querySelector(form.dataset.live);
      if (!drawn || !old) return;
      for (const place of old.querySelectorAll("[data-follow]")) place.source?.close();
      old.replaceWith(drawn);
      history.replaceState(null, "", address);
      enliven(drawn);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(again, 150); });
}

// <div data-follow="ADDRESS">: server-sent events; each carries HTML that is put where its name says.
//   event `first`: in front of what is inside; event `whole`: in its place; event `end`: no more.
function follow(place) {
  const source = place.source = new EventSource(place.dataset.follow);
  const put = (how) => (event) => {
    const holder = document.createElement("template");
    holder.innerHTML = event.data;
    enliven(holder.content);
    if (how === "whole") place.replaceChildren(holder.content);
    else place.prepend(holder.content);
    const most = Number(place.dataset.most || 200);
    while (place.children.length > most) place.lastElementChild.remove();
    document.dispatchEvent(new CustomEvent("followed"));
  };
  source.addEventListener("first", put("first"));
  source.addEventListener("whole", put("whole"));
  source.addEventListener("end", () => { source.close(); place.classList.add("ended"); });
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) place.classList.add("ended"); });
}

function enliven(root) {
  tellTimes(root);
  offerCopies(root);
  for (const place of root.querySelectorAll("[data-follow]")) follow(place);
}

enliven(document);
setInterval(tellTimes, MINUTE / 2);
