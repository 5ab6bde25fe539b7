import { Modal, TextInput } from "@mantine/core";
import { type KeyboardEvent, useId, useState } from "react";
import { useNavigate } from "react-router";
import { SearchIcon } from "./icons.js";
import type { NavigationItem } from "./navigation.js";
import styles from "./page-finder.module.css";

interface PageFinderProps {
  readonly pages: readonly NavigationItem[];
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** A dialog that opens a page by a part of its name or purpose. */
export function PageFinder({ pages, opened, onClose }: PageFinderProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Go to page">
      <Finder pages={pages} onClose={onClose} />
    </Modal>
  );
}

function Finder({ pages, onClose }: Omit<PageFinderProps, "opened">) {
  const navigate = useNavigate();
  const list = useId();
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  const wanted = text.trim().toLowerCase();
  const found = pages.filter(({ name, about }) => `${name} ${about}`.toLowerCase().includes(wanted));
  const marked = found[Math.min(place, found.length - 1)];
  const go = (to: string) => {
    onClose();
    void navigate(to);
  };
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && found.length > 0) {
      event.preventDefault();
      setPlace((Math.min(place, found.length - 1) + step + found.length) % found.length);
    } else if (event.key === "Enter" && marked) {
      event.preventDefault();
      go(marked.to);
    }
  };
  return (
    <>
      <TextInput
        role="combobox"
        aria-label="Page"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={marked ? `${list}${marked.to}` : undefined}
        placeholder="Page or purpose"
        leftSection={<SearchIcon size={16} />}
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setPlace(0);
        }}
        onKeyDown={onKey}
      />
      <div id={list} role="listbox" aria-label="Pages" className={styles.list}>
        {found.map(({ to, name, about, Icon }) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the combobox above has the focus and handles the keys
          <div
            key={to}
            id={`${list}${to}`}
            role="option"
            tabIndex={-1}
            aria-selected={to === marked?.to}
            className={styles.option}
            onClick={() => go(to)}
          >
            <Icon />
            <span className={styles.name}>{name}</span>
            <span className={styles.about}>{about}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className={styles.none}>No page matches “{text}”.</p>}
    </>
  );
}
