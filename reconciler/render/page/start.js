// Joins the parts. Without this script the page has everything but the tree and the list of all actions.

const model = readModel();
placePeople(model);

function startList(host) {
  const form = document.getElementById("filters");
  const count = document.getElementById("count");
  const rows = new Rows(model, (action) => jump(action));
  const list = new LongList(host, rows);
  const filters = new Filters(form, model, () => show());

  function show() {
    const fitting = filters.fitting();
    const total = model.actions.filter((action) => action.state !== "stopped").length;
    const shown = fitting.length.toLocaleString("en");
    count.textContent = fitting.length === total ? `All ${shown} are shown.` : `${shown} of ${total.toLocaleString("en")} are shown.`;
    if (fitting.length > PRINTED) count.append(make("span", "printed", ` The first ${PRINTED.toLocaleString("en")} are printed.`));
    list.show(fitting, filters.state.get("order") !== "written");
    host.classList.toggle("empty", fitting.length === 0);
  }

  function jump(action) {
    if (!list.actions.includes(action)) filters.set(new URLSearchParams());
    list.jump(action);
  }

  show();
  filters.read();
  return filters;
}

function filterBy(filters, told) {
  filters.set(new URLSearchParams(told));
  document.getElementById("actions-title").focus();
}

// Where a list of losses is longer than what is shown of it, the list of actions has the rest.
function leadToRest(filters) {
  for (const list of document.querySelectorAll("noscript")) {
    const section = list.closest("section");
    const told = {
      losses: [["verb", "loses access"]],
      held: [["state", "held"]],
      stopped: [["state", "stopped"]],
      missed: ["failed", "skipped", "stale", "unknown", "held"].map((state) => ["state", state]),
    }[section.id];
    if (told) section.append(button("Show all of them in the list of actions", "jump", () => filterBy(filters, told)));
  }
}

function offerCopy(entry) {
  const copy = button("Copy", "copy", () => {
    getSelection().selectAllChildren(entry);
    // Deprecated and everywhere: the newer way is refused to pages that were opened from a disk.
    copy.textContent = document.execCommand("copy") ? "Copied" : "Selected: copy it now";
  });
  entry.before(copy);
}

document.documentElement.classList.add("scripted");
const place = document.getElementById("list");
if (place) {
  const filters = startList(place);
  const tree = document.getElementById("tree");
  if (tree) new Tree(tree, model, (group) => filterBy(filters, { group: group.at }));
  leadToRest(filters);
}
const permit = document.getElementById("permit");
if (permit) offerCopy(permit);
