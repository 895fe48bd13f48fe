// Light or dark, the size of texts and the language, as the person chose. Runs before the page shows, so that
// nothing flashes.
{
  const root = document.documentElement;
  const SIZES = [0.8, 0.9, 1, 1.15, 1.3, 1.5, 1.75, 2];
  const theme = localStorage.getItem("pairwright:theme");
  if (theme) root.dataset.theme = theme;
  let size = SIZES.indexOf(Number(localStorage.getItem("pairwright:size") ?? 1));
  resize(0);

  function resize(by) {
    size = Math.min(Math.max((size < 0 ? 2 : size) + by, 0), SIZES.length - 1);
    root.style.setProperty("--text", SIZES[size]);
    if (by) localStorage.setItem("pairwright:size", SIZES[size]);
  }

  function turn() {
    const dark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    localStorage.setItem("pairwright:theme", root.dataset.theme);
  }

  function speak(event) {
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `pairwright-language=${event.target.value}; path=/; max-age=31536000; samesite=lax${secure}`;
    location.reload();
  }

  addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme")?.addEventListener("click", turn);
    document.getElementById("smaller")?.addEventListener("click", () => resize(-1));
    document.getElementById("larger")?.addEventListener("click", () => resize(1));
    document.getElementById("language")?.addEventListener("change", speak);
  });
}
