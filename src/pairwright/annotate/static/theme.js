// Light or dark as the system says, unless the person chose. Runs before the page shows, so nothing flashes.
const chosen = localStorage.getItem("pairwright:theme");
if (chosen) document.documentElement.dataset.theme = chosen;

addEventListener("DOMContentLoaded", () => {
  document.getElementById("theme")?.addEventListener("click", () => {
    const root = document.documentElement;
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("pairwright:theme", root.dataset.theme);
  });
});
