/**
 * The report as a document of a frame without an address. Such a document has the policy of this page: styles need its nonce, and
 * style attributes are not applied at all. Those of the plots become presentation attributes of SVG, which mean the same.
 */
export function reportFrame(html: string, nonce: string): string {
  return html
    .replaceAll("<style>", `<style nonce="${nonce}">`)
    .replace(/ style="([^"]*)"/g, (_attribute, declarations: string) => attributesOf(declarations));
}

function attributesOf(declarations: string): string {
  return declarations
    .split(";")
    .map((declaration) => /^\s*([a-z-]+)\s*:\s*(.+?)\s*$/.exec(declaration))
    .map((match) => (match ? ` ${match[1]}="${match[2]}"` : ""))
    .join("");
}
