// The actions and groups of the page's data, with names instead of places in a row.

class Action {
  constructor(row, at, data) {
    data.columns.forEach((name, column) => { this[name] = row[column]; });
    this.at = at;
    this.verbs = data.texts[this.verbs];
    this.words = this.verbs.split("+");
    this.reason = data.texts[this.reason];
    this.mapping = this.mapping === null ? null : data.texts[this.mapping];
  }

  get subject() { return this.login ?? this.path ?? this.name ?? ""; }

  // The group it is listed under: where the person will be, or stays.
  get place() { return this.happens ? this.after ?? this.before : this.before ?? this.after; }

  // Whether the plan's wish is or will be true of it.
  get happens() { return this.state === null || this.state === "done"; }

  // Whether somebody can do less by it, as far as it happens.
  get loses() { return this.removal === 1 && this.happens; }

  // What the search looks through, small and without accents.
  get haystack() {
    this.hay ??= plain([
      this.id, this.login, this.name, this.upn, this.entra_id, this.node_id, this.path, this.mapping, this.reason,
      ...this.changes.flatMap(([, before, after]) => [before, after].filter((value) => typeof value === "string")),
    ].filter((value) => value !== null).join("\n"));
    return this.hay;
  }
}

function plain(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

class Group {
  constructor([name, parent], at, groups) {
    this.at = at;
    this.name = name;
    this.parent = parent === null ? null : groups[parent];
    this.depth = this.parent === null ? 0 : this.parent.depth + 1;
    this.below = [];
    this.people = [];
    this.created = null;
    if (this.parent) this.parent.below.push(this);
  }

  get path() {
    return this.parent === null || this.parent.parent === null ? this.name : `${this.parent.path}/${this.name}`;
  }

  // Whether a group is this one or above it.
  holds(group) {
    for (let each = group; each; each = each.parent) if (each === this) return true;
    return false;
  }
}

function readModel() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const groups = [];
  data.groups.forEach((row, at) => groups.push(new Group(row, at, groups)));
  const actions = data.actions.map((row, at) => {
    const action = new Action(row, at, data);
    action.before = action.before === null ? null : groups[action.before];
    action.after = action.after === null ? null : groups[action.after];
    return action;
  });
  return { file: data.file, fields: data.fields, verbs: data.verbs, groups, actions };
}
