// @ts-check
/** Tables as files of comma-separated values (RFC 4180), which spreadsheets open. */

/**
 * One cell. What a spreadsheet could take for a formula is made text by an apostrophe before it.
 * @param {string} text
 */
export function cell(text) {
  const safe = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** @param {string[][]} rows */
export const csv = (rows) => rows.map((row) => row.map(cell).join(",") + "\r\n").join("");

/** Hands a file to the person: it is made here, nothing is asked of the server. @param {string} name @param {string} text */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const a = document.createElement("a");
  a.href = address;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000); // the browser reads it after the click
}
