import { notifications } from "@mantine/notifications";
import { ApiError, download, readText } from "./client.js";

/** Saves a text representation of the API as a file, or shows why it cannot be read. */
export function save(path: string, fileName: string): void {
  download(path, fileName).catch((error: unknown) =>
    notifications.show({
      color: "red",
      title: `${fileName} could not be read`,
      message: error instanceof ApiError ? error.message : "The file could not be saved.",
    }),
  );
}

/** Opens a text representation in a tab of its own, as a document with the policy of this page. */
export function openReport(path: string, prepare: (html: string) => string): void {
  readText(path)
    .then((html) => window.open(URL.createObjectURL(new Blob([prepare(html)], { type: "text/html" })), "_blank"))
    .catch((error: unknown) =>
      notifications.show({
        color: "red",
        title: "The report could not be read",
        message: error instanceof ApiError ? error.message : "The report could not be opened.",
      }),
    );
}
