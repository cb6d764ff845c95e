// One action as a line of the list, with its details folded.

class Rows {
  constructor(model, jump) {
    this.model = model;
    this.jump = jump;
    this.opened = new Set();
    this.byId = new Map(model.actions.map((action) => [action.id, action]));
  }

  row(action, position, total) {
    const made = make("li", `row${action.removal ? " removal" : ""}${action.state ? ` ${action.state}` : ""}`);
    made.tabIndex = -1;
    made.dataset.at = action.at;
    made.setAttribute("aria-posinset", position);
    made.setAttribute("aria-setsize", total);
    const sign = make("span", "sign", action.sign);
    sign.setAttribute("aria-hidden", "true");
    const more = make("div", "more");
    more.hidden = true;
    const toggle = button("Details", "details", () => this.turn(action, more, toggle));
    toggle.append(unseen(` of ${action.subject}`));
    toggle.setAttribute("aria-expanded", "false");
    made.append(
      make("div", "what", sign, make("span", "verb", action.verbs.replaceAll("+", " + "))),
      this.who(action), this.how(action), this.origin(action), toggle, more,
    );
    if (this.opened.has(action.at)) this.turn(action, more, toggle);
    return made;
  }

  turn(action, more, toggle) {
    more.hidden = !more.hidden;
    toggle.setAttribute("aria-expanded", String(!more.hidden));
    if (more.hidden) {
      this.opened.delete(action.at);
    } else {
      this.opened.add(action.at);
      if (!more.firstChild) more.append(this.details(action));
    }
  }

  who(action) {
    const made = make("div", "who", foreign(action.subject, "login"));
    if (action.login !== null && action.name) made.append(foreign(action.name, "name"));
    if (action.role === "admin") made.append(make("span", "tag", "administrator"));
    if (action.path !== null) made.append(make("span", "tag", "group"));
    return made;
  }

  // Before and after of what the verb does not say already; the details have every field.
  how(action) {
    const told = new Set(["enabled"]);
    if (action.changes.length > 1 || action.verbs !== "update") told.add("description");
    if (action.words.includes("create")) told.add("login");
    if (action.path !== null) told.add("name");
    const list = make("ul", "changes");
    if (action.words.includes("move")) list.append(this.change("group", pathOf(action.before), pathOf(action.after)));
    for (const [field, before, after] of action.changes) {
      if (told.has(field)) continue;
      if (field === "description") list.append(make("li", "", make("span", "field", this.model.fields[field]), "renewed"));
      else list.append(this.change(this.model.fields[field], before, after));
    }
    const made = make("div", "how", list.firstChild ? list : null, make("p", "reason", foreign(action.reason)));
    if (action.message && action.state !== "done") made.append(make("p", "message", foreign(action.message)));
    return made;
  }

  change(field, before, after) {
    const arrow = make("span", "arrow", " → ");
    arrow.setAttribute("aria-hidden", "true");
    const old = shown(before) === null ? null : make("del", "", unseen("before "), foreign(shown(before)));
    const fresh = shown(after) === null ? make("em", "", "none") : make("ins", "", unseen("after "), foreign(shown(after)));
    return make("li", "", make("span", "field", field), make("span", "", old, old ? arrow : null, fresh));
  }

  origin(action) {
    const made = make("div", "origin");
    if (action.state && action.state !== "done") made.append(make("span", `verdict ${action.state}`, stateWords(action)));
    if (action.state === "done") made.append(make("span", "verdict done", "done"));
    if (action.origin) made.append(make("span", `tag ${action.origin}`, action.origin));
    if (action.mapping) made.append(foreign(action.mapping, "mapping"));
    if (this.model.file && action.line) made.append(make("span", "where", `${this.model.file}:${action.line}`));
    return made;
  }

  details(action) {
    const list = make("dl", "facts");
    const tell = (name, value) => {
      if (value !== null && value !== undefined && value !== "") {
        list.append(make("div", "", make("dt", "", name), make("dd", "", value)));
      }
    };
    tell("Rescue group", action.place ? foreign(pathOf(action.place)) : null);
    tell("UPN", action.upn === null ? null : foreign(action.upn));
    tell("Entra object id", action.entra_id === null ? null : make("code", "", action.entra_id));
    tell("Rescue node id", action.node_id);
    tell("presence", action.presence === null ? null : foreign(action.presence));
    tell("rule", action.rule);
    tell("said", action.message === null ? null : foreign(action.message));
    tell("action id", make("code", "", action.id));
    action.depends_on.forEach((id) => {
      const other = this.byId.get(id);
      tell("only after", other ? button(other.subject, "jump", () => this.jump(other)) : make("code", "", id));
    });
    const changes = action.changes.map(([field, before, after]) => this.change(this.model.fields[field], before, after));
    return changes.length ? make("div", "", make("ul", "changes", ...changes), list) : list;
  }
}

function pathOf(group) {
  return group ? group.path : null;
}

function shown(value) {
  if (value === true) return "yes";
  if (value === false) return "no";
  return value === "" ? null : value;
}

function stateWords(action) {
  return { held: "held back", stopped: "stopped by the edit" }[action.state] ?? action.state;
}
