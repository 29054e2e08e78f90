// Which page is on show. Four pages and the history API; no router library is worth its weight here.

export type Page =
  | { page: "login"; next: string }
  | { page: "fleet" }
  | { page: "safety" }
  | { page: "drive"; vehicle: string }
  | { page: "unknown" };

/** Reads an address. `/` is the fleet, as the gateway redirects it. */
export function pageOf(path: string, query: string): Page {
  if (path === "/login") return { page: "login", next: safeNext(new URLSearchParams(query).get("next")) };
  if (path === "/" || path === "/fleet") return { page: "fleet" };
  if (path === "/safety") return { page: "safety" };
  const vehicle = /^\/drive\/([a-z0-9-]{1,32})$/.exec(path)?.[1];
  return vehicle ? { page: "drive", vehicle } : { page: "unknown" };
}

/** Only our own pages may follow a login: another site's address in the query must lead nowhere. */
function safeNext(next: string | null): string {
  if (next !== null && (next === "/fleet" || next === "/safety" || /^\/drive\/[a-z0-9-]{1,32}$/.test(next))) return next;
  return "/fleet";
}

class Route {
  now = $state.raw<Page>(pageOf(globalThis.location?.pathname ?? "/", globalThis.location?.search ?? ""));

  constructor() {
    if (typeof window === "undefined") return;
    window.addEventListener("popstate", () => this.read());
    document.addEventListener("click", (event) => this.follow(event));
  }

  /** Shows another page of ours. */
  go(address: string): void {
    history.pushState(null, "", address);
    this.read();
  }

  private read(): void {
    this.now = pageOf(location.pathname, location.search);
  }

  /** Plain clicks on links to our own pages stay within the page; everything else is the browser's. */
  private follow(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented;
    if (!link || !plain || link.origin !== location.origin || link.target !== "") return;
    if (pageOf(link.pathname, link.search).page === "unknown") return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const route = new Route();
