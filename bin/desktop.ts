import { spawn } from "node:child_process";
import { InputError } from "@dmo-lab/input/errors";

/** Opens a file with the program that the desktop has for it. @throws InputError where there is no desktop */
export function openOnDesktop(file: string): void {
  const { platform, env } = process;
  if (platform !== "darwin" && platform !== "win32" && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    throw new InputError("--open: there is no desktop here; open the page in a browser elsewhere.");
  const [command, ...args] =
    platform === "win32" ? ["cmd", "/c", "start", ""] : [platform === "darwin" ? "open" : "xdg-open"];
  const opener = spawn(command, [...args, file], { detached: true, stdio: "ignore" });
  opener.on("error", ({ message }) => console.error(`The browser could not be started: ${message}`));
  opener.unref();
}
