// A long list built only where it is looked at: chunks of a few rows, empty and as high as they were when out of sight.

const CHUNK = 40;
const PRINTED = 2000;

class LongList {
  constructor(host, rows) {
    this.host = host;
    this.rows = rows;
    this.height = 64;
    this.printing = false;
    this.observer = new IntersectionObserver((seen) => this.look(seen), { rootMargin: "1200px 0px" });
    window.addEventListener("beforeprint", () => this.fillForPrint());
    window.addEventListener("afterprint", () => { this.printing = false; });
  }

  // `headed`: a heading wherever the group changes.
  show(actions, headed) {
    this.observer.disconnect();
    this.actions = actions;
    this.headed = headed;
    this.chunks = [];
    const all = document.createDocumentFragment();
    for (let start = 0; start < actions.length; start += CHUNK) {
      const chunk = make("div", "chunk");
      chunk.style.minHeight = `${this.height * Math.min(CHUNK, actions.length - start)}px`;
      chunk.dataset.start = start;
      this.chunks.push(chunk);
      all.append(chunk);
    }
    this.host.replaceChildren(all);
    if (this.chunks.length) this.fill(this.chunks[0]);
    for (const chunk of this.chunks) this.observer.observe(chunk);
  }

  look(seen) {
    for (const { target, isIntersecting, boundingClientRect } of seen) {
      if (isIntersecting) this.fill(target);
      else if (target.firstChild && target !== this.chunks[0] && !this.printing && !target.contains(document.activeElement)) {
        target.style.minHeight = `${boundingClientRect.height}px`;
        target.replaceChildren();
      }
    }
  }

  fill(chunk) {
    if (chunk.firstChild) return;
    const start = Number(chunk.dataset.start);
    let list = null;
    this.actions.slice(start, start + CHUNK).forEach((action, offset) => {
      const at = start + offset;
      const before = at > 0 ? this.actions[at - 1].place : undefined;
      if (this.headed && action.place !== before) {
        chunk.append(make("h3", "", foreign(action.place ? action.place.path : "no group"), roleTag(action)));
        list = null;
      }
      if (list === null) chunk.append(list = make("ul", "rows"));
      list.append(this.rows.row(action, at + 1, this.actions.length));
    });
    chunk.style.minHeight = "";
    this.height = chunk.offsetHeight / Math.max(1, Math.min(CHUNK, this.actions.length - start)) || this.height;
  }

  // Puts the focus on an action of the list.
  jump(action) {
    const at = this.actions.indexOf(action);
    const chunk = this.chunks[Math.floor(at / CHUNK)];
    this.fill(chunk);
    const row = chunk.querySelector(`[data-at="${action.at}"]`);
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
  }

  fillForPrint() {
    this.printing = true;
    this.chunks.slice(0, Math.ceil(PRINTED / CHUNK)).forEach((chunk) => this.fill(chunk));
    this.chunks.slice(Math.ceil(PRINTED / CHUNK)).forEach((chunk) => chunk.classList.add("unprinted"));
  }
}

function roleTag(action) {
  return action.role === "admin" ? make("span", "tag", "administrators") : null;
}
