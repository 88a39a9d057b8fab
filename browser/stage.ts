/** The robot that lives in the page: a viewer, and the worker that plays the newest policy. */
import { make } from "../viewer/dom.js";
import type { ViewerElement } from "../viewer/element.js";
import type { OwnRobot } from "./own-task.js";
import { startWorker, type PageWorker } from "./workers.js";

export class Stage {
  readonly element = make("div", { className: "robot" });
  private player?: PageWorker<"player">;
  private task?: string;
  private robot?: OwnRobot;

  /** @param fail is told what went wrong */
  constructor(private readonly fail: (message: string) => void) {}

  /** Puts a task's robot there, unless it is there already; `robot` is the visitor's, where the task is. */
  begin(task: string, robot?: OwnRobot): void {
    if (task === this.task && robot === this.robot) return;
    [this.task, this.robot] = [task, robot];
    this.player?.end();
    this.player = startWorker({ be: "player", threads: 1, task, robot }, (report) => {
      if (report.is === "scene") this.element.replaceChildren(this.viewerOf(report.scene));
      else if (report.is === "frames") this.viewer?.push(report.frames, report.restart);
      else this.fail(report.message);
    });
  }

  play(policy: string): void {
    this.player!.tell({ do: "play", policy });
  }

  private get viewer(): ViewerElement | null {
    return this.element.querySelector<ViewerElement>("dmo-viewer");
  }

  private viewerOf(scene: object): ViewerElement {
    const viewer = document.createElement("dmo-viewer") as ViewerElement;
    viewer.setAttribute("pushable", "");
    viewer.append(make("script", { type: "application/json" }, JSON.stringify([scene])));
    viewer.addEventListener("push", (event) =>
      this.player!.tell({ do: "push", velocity: (event as CustomEvent<[number, number, number]>).detail }),
    );
    return viewer;
  }
}
