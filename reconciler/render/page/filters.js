// The filters, and the part of the address after # that keeps them: a link to the page is a link to what is shown.

class Filters {
  constructor(form, model, changed) {
    this.form = form;
    this.model = model;
    this.changed = changed;
    this.wanted = null;
    this.fields = { q: this.search(), group: this.groups(), order: this.order() };
    form.append(make("div", "fields", ...Object.values(this.fields).map((input) => input.label)));
    this.chips = [
      this.choices("verb", "Show", this.verbs()),
      this.choices("origin", "Origin", this.counted((action) => action.origin)),
      this.choices("state", "State", this.counted((action) => action.state, this.model.actions)),
    ].filter((chips) => chips !== null);
    form.append(...this.chips.map((chips) => chips.set), button("Clear filters", "reset", () => this.set(new URLSearchParams())));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.later());
    window.addEventListener("hashchange", () => { if (location.hash !== this.wanted) this.read(); });
  }

  labelled(text, input) {
    input.label = make("label", "", make("span", "", text), input);
    return input;
  }

  search() {
    const input = make("input");
    input.type = "search";
    input.autocomplete = "off";
    input.spellcheck = false;
    return this.labelled("Name, login or id", input);
  }

  groups() {
    const select = make("select", "", new Option("all groups", ""));
    for (const group of this.model.groups) {
      if (group.touched) select.append(new Option("\u2003".repeat(group.depth) + group.name, group.at));
    }
    return this.labelled("Group, and those below it", select);
  }

  order() {
    return this.labelled("Order", make("select", "", new Option("by group", ""), new Option("as written", "written")));
  }

  verbs() {
    const counts = this.counted((action) => action.words);
    const losses = this.model.actions.filter((action) => action.loses).length;
    const ordered = new Map(losses ? [["loses access", losses]] : []);
    for (const verb of Object.keys(this.model.verbs)) {
      const word = verb.replaceAll("_", " ");
      if (counts.has(word)) ordered.set(word, counts.get(word));
    }
    return ordered;
  }

  counted(key, actions = this.model.actions.filter((action) => action.state !== "stopped")) {
    const counts = new Map();
    for (const action of actions) {
      for (const value of [key(action)].flat()) if (value !== null) counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return counts;
  }

  // Boxes to tick; none ticked means all but what the edit stops. Left out where all actions are alike.
  choices(name, title, counts) {
    if (counts.size === 0 || (name !== "verb" && [...counts.values()].includes(this.model.actions.length))) return null;
    const set = make("fieldset", "chips", make("legend", "", title));
    const boxes = [...counts].map(([value, count]) => {
      const box = make("input");
      box.type = "checkbox";
      box.value = value;
      set.append(make("label", value === "loses access" ? "chip loss" : "chip", box,
        make("span", "", value, " ", make("b", "", count.toLocaleString("en")))));
      return box;
    });
    return { name, set, boxes };
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(), 120);
  }

  get state() {
    const told = new URLSearchParams();
    for (const [name, input] of Object.entries(this.fields)) if (input.value) told.set(name, input.value);
    for (const { name, boxes } of this.chips) {
      for (const box of boxes) if (box.checked) told.append(name, box.value);
    }
    return told;
  }

  // From the inputs to the address, without an entry in the history.
  write() {
    const told = this.state.toString();
    this.wanted = told ? `#?${told}` : "#?";
    if (told || location.hash.startsWith("#?")) location.replace(this.wanted);
    this.changed();
  }

  // From the address to the inputs. What is not among the choices chooses nothing.
  read() {
    if (!location.hash.startsWith("#?")) return;
    const told = new URLSearchParams(location.hash.slice(2));
    for (const [name, input] of Object.entries(this.fields)) {
      input.value = told.get(name) ?? "";
      if (input.selectedIndex === -1) input.selectedIndex = 0;
    }
    for (const { name, boxes } of this.chips) {
      const values = new Set(told.getAll(name));
      for (const box of boxes) box.checked = values.has(box.value);
    }
    this.changed();
  }

  set(told) {
    this.wanted = `#?${told}`;
    location.replace(this.wanted);
    this.read();
  }

  // The actions that fit, in the order wanted.
  fitting() {
    const told = this.state;
    const [words, verbs] = [plain(told.get("q") ?? "").split(/\s+/).filter(Boolean), told.getAll("verb")];
    const [origins, states] = [told.getAll("origin"), told.getAll("state")];
    const group = told.get("group") ? this.model.groups[Number(told.get("group"))] : null;
    const fits = this.model.actions.filter((action) =>
      (!verbs.length || verbs.some((verb) => (verb === "loses access" ? action.loses : action.words.includes(verb))))
      && (!origins.length || origins.includes(action.origin))
      && (states.length ? states.includes(action.state) : action.state !== "stopped")
      && (!group || group.holds(action.before) || group.holds(action.after))
      && words.every((word) => action.haystack.includes(word)));
    if (told.get("order") === "written") return fits;
    return fits.sort((one, other) => (one.place?.at ?? -1) - (other.place?.at ?? -1) || one.at - other.at);
  }
}
