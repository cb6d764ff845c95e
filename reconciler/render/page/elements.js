"use strict";
// Every text goes into the page through textContent: nothing of it can become an element. The page's policy refuses
// every other way (require-trusted-types-for).

function make(tag, classes, ...content) {
  const made = document.createElement(tag);
  if (classes) made.className = classes;
  for (const piece of content) {
    if (piece === null || piece === undefined) continue;
    made.append(piece instanceof Node ? piece : String(piece));
  }
  return made;
}

function foreign(text, classes) {
  return make("bdi", classes, text);
}

function unseen(text) {
  return make("span", "unseen", text);
}

function button(text, classes, pressed) {
  const made = make("button", classes, text);
  made.type = "button";
  made.addEventListener("click", pressed);
  return made;
}

function many(count, one, more) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : more}`;
}
