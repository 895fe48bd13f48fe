// The dialogs of the annotator's page: why a pair is skipped, what is wrong with it, a note.
const $ = (id) => document.getElementById(id);

export function open(name) {
  const dialog = $(`dialog-${name}`);
  dialog.returnValue = "";
  dialog.showModal();
  return dialog;
}

// A digit chooses the option of that number, also while a dialog's own field does not have the focus.
for (const name of ["skip", "flag"]) {
  const options = $(`dialog-${name}`).querySelectorAll(".options button");
  $(`dialog-${name}`).addEventListener("keydown", (event) => {
    const option = /^[1-9]$/.test(event.key) ? options[Number(event.key) - 1] : null;
    if (!option || event.target.matches("input")) return;
    event.preventDefault();
    option.click();
  });
}

$("note").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("dialog-note").close("keep");
});

// What to do once a dialog was answered: skip(reason), flag(what, note), note(text, or undefined to keep it).
export function answered({ skip, flag, note }) {
  $("dialog-skip").addEventListener("close", () => {
    const chosen = $("dialog-skip").returnValue;
    const reason = chosen === "other" ? $("skip-form").reason.value.trim() || "skipped" : chosen;
    $("skip-form").reset();
    if (reason) skip(reason);
  });
  $("dialog-flag").addEventListener("close", () => {
    const what = $("dialog-flag").returnValue;
    const said = $("flag-form").note.value.trim();
    $("flag-form").reset();
    if (what) flag(what, said);
  });
  $("dialog-note").addEventListener("close", () => {
    note($("dialog-note").returnValue === "keep" ? $("note").value.trim() : undefined);
  });
}
