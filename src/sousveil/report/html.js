"use strict";
// Everything can be read without this: it filters, opens and closes, nothing else.
(() => {
  const findings = [...document.querySelectorAll(".finding")];
  const form = document.querySelector(".filters");
  const every = [...document.querySelectorAll("details")];
  let before = [];
  addEventListener("beforeprint", () => {
    before = every.filter((d) => !d.open);
    before.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => before.forEach((d) => { d.open = false; }));
  const reveal = () => {
    let at = location.hash && document.getElementById(location.hash.slice(1));
    if (!at) return;
    for (let d = at; d; d = d.parentElement) if (d.tagName === "DETAILS") d.open = true;
    at.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();
  if (!form || findings.length < 3) return;
  form.hidden = false;
  const { act, trait, text } = form.elements;
  const shown = form.querySelector("output");
  const words = new Map(findings.map((f) => [f, f.textContent.toLowerCase()]));
  const apply = () => {
    const wanted = text.value.trim().toLowerCase();
    let count = 0;
    for (const f of findings) {
      const fits = (!act.value || f.dataset.act === act.value) && (!trait.value || f.dataset.trait === trait.value)
        && (!wanted || words.get(f).includes(wanted));
      f.hidden = !fits;
      count += fits;
    }
    shown.textContent = count === findings.length ? "" : `${count} of ${findings.length} findings shown`;
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.querySelector("[data-open]").addEventListener("click", () => findings.forEach((f) => { f.open = true; }));
  form.querySelector("[data-close]").addEventListener("click", () => findings.forEach((f) => { f.open = false; }));
})();
