// The groups before and after, side by side, with everybody who is changed in them. Groups are built when opened.

const OPEN_AT_FIRST = 60;
const PEOPLE_SHOWN = 100;

// Who is in which group, before and after: called once, before anything is shown.
function placePeople(model) {
  for (const action of model.actions) {
    if (action.state === "stopped") continue;
    if (action.path !== null) {
      action.after.created = action;
    } else {
      const places = action.happens ? [action.before, action.after] : [action.place];
      for (const group of new Set(places)) if (group) group.people.push(action);
    }
    for (const from of [action.before, action.after]) {
      for (let group = from; group && !group.changes; group = group.parent) group.changes = { loses: 0, comes: 0, goes: 0, other: 0 };
    }
    count(action);
  }
  for (const action of model.actions) {
    for (const from of [action.before, action.after]) {
      for (let group = from; group && !group.touched; group = group.parent) group.touched = true;
    }
  }
}

function count(action) {
  if (!action.happens) return;
  const add = (from, key) => { for (let group = from; group; group = group.parent) group.changes[key] += 1; };
  if (action.path !== null) return;
  if (action.removal) add(action.before ?? action.after, "loses");
  else if (action.words.includes("create")) add(action.after, "comes");
  else if (action.before !== action.after) {
    for (let group = action.after; group; group = group.parent) if (!group.holds(action.before)) group.changes.comes += 1;
    for (let group = action.before; group; group = group.parent) if (!group.holds(action.after)) group.changes.goes += 1;
    for (let group = action.after; group; group = group.parent) if (group.holds(action.before)) group.changes.other += 1;
  } else add(action.after, "other");
}

class Tree {
  constructor(host, model, filterBy) {
    this.host = host;
    this.model = model;
    this.filterBy = filterBy;
    const head = make("div", "pair head", make("div", "before", "Before"), make("div", "after", "After"), make("div", "counts"));
    head.setAttribute("aria-hidden", "true");
    const roots = model.groups.filter((group) => group.parent === null);
    this.budget = OPEN_AT_FIRST;
    host.append(head, make("ul", "", ...roots.map((group) => this.group(group, true))));
  }

  group(group, wanted) {
    const label = this.pair(group);
    if (group.below.length + group.people.length === 0) return make("li", "", label);
    const made = make("details", "");
    const summary = make("summary", "", label);
    made.append(summary);
    const lines = group.below.length + Math.min(group.people.length, PEOPLE_SHOWN);
    const open = wanted && (group.parent === null || (group.changes && lines <= this.budget));
    if (open) this.budget -= lines;
    made.addEventListener("toggle", () => { if (made.open) this.unfold(group, made, false); });
    if (open) {
      this.unfold(group, made, true);
      made.open = true;
    }
    return make("li", "", made);
  }

  unfold(group, made, wanted) {
    if (made.children.length > 1) return;
    const list = make("ul", "", ...group.people.slice(0, PEOPLE_SHOWN).map((action) => this.person(group, action)));
    if (group.people.length > PEOPLE_SHOWN) {
      const left = group.people.length - PEOPLE_SHOWN;
      list.append(make("li", "left", button(`and ${many(left, "more", "more")}: list them all`, "jump", () => this.filterBy(group))));
    }
    list.append(...group.below.map((below) => this.group(below, wanted)));
    made.append(list);
  }

  pair(group) {
    const comes = group.created && group.created.happens;
    const before = make("div", `before${comes ? " nothing" : ""}`, comes ? "–" : foreign(group.name));
    const after = make("div", "after", foreign(group.name));
    if (group.created) after.append(make("span", comes ? "tag new" : "tag", comes ? "new" : "not created"));
    return this.line(comes ? "grows" : "same", "group", group.depth, before, after, this.counts(group.changes));
  }

  person(group, action) {
    const login = action.changes.find(([field]) => field === "login");
    const old = foreign(login && login[1] ? login[1] : action.subject, "login");
    const now = foreign(login && login[2] && action.happens ? login[2] : action.subject, "login");
    const [gone, fresh] = [action.words.includes("disable"), action.words.includes("create")];
    let [kind, before, after] = ["changes", make("div", "before", old), make("div", "after", now, hint(action.verbs.replaceAll("+", " + ")))];
    if (!action.happens) {
      kind = "waits";
      after = make("div", "after", fresh ? "–" : old.cloneNode(true), hint(`${stateWords(action)}: ${action.verbs}`));
      if (fresh) before = make("div", "before nothing", "–");
    } else if (action.before !== action.after && group === action.before) {
      kind = "leaves";
      after = make("div", "after nothing", "→ ", foreign(action.after ? action.after.path : "nowhere"));
    } else if (action.before !== action.after) {
      kind = "grows";
      before = make("div", "before nothing", action.before ? "from " : "–", action.before ? foreign(action.before.path) : null);
    } else if (gone) {
      kind = "shrinks";
      after = make("div", "after", make("del", "", now), hint("disabled"));
    }
    return make("li", "", this.line(kind, "person", group.depth + 1, before, after, null));
  }

  line(kind, what, depth, before, after, counts) {
    const made = make("div", `pair ${what} ${kind}`, before, after, counts ?? make("div", "counts"));
    made.style.setProperty("--depth", Math.min(depth, 12));
    return made;
  }

  counts(changes) {
    const made = make("div", "counts");
    const told = [
      ["loses", "−", "lose access"], ["goes", "›", "move out"], ["comes", "+", "arrive"], ["other", "~", "change"],
    ];
    for (const [key, sign, words] of told) {
      const number = changes ? changes[key] : 0;
      const shape = make("span", `${key}${number ? "" : " none"}`, number ? `${sign}${number.toLocaleString("en")}` : "\u00a0");
      shape.setAttribute("aria-hidden", "true");
      made.append(shape, number ? unseen(`, ${number} ${words}`) : "");
    }
    return made;
  }
}

function hint(text) {
  return make("small", "", text);
}
