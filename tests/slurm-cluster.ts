// A Slurm cluster of two machines on this one, for tests: each has its own host name and processes (Linux namespaces), so
// that ending one is what a power cut is to it.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "./free-ports.js";

const PROGRAMS = ["slurmctld", "slurmd", "sbatch", "munged", "mungekey", "unshare"];

/** Why there can't be one here, if so. */
export function noSlurm(): string | undefined {
  if (process.platform !== "linux") return "needs Linux";
  const path = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const absent = PROGRAMS.find((name) => spawnSync("which", [name], { env: path }).status !== 0);
  if (absent) return `needs ${absent}: sudo apt-get install slurm-wlm munge`;
  const namespaces = spawnSync("unshare", NAMESPACES.concat("true"), { env: path });
  return namespaces.status === 0 ? undefined : "needs a user who may make machines of namespaces, such as root";
}

const NAMESPACES = ["--uts", "--pid", "--mount-proc", "--fork", "--kill-child"];

export type Node = "node1" | "node2";

export class SlurmCluster {
  readonly directory = mkdtempSync(join(tmpdir(), "dmo-lab-slurm-"));
  /** What its commands and the jobs need. */
  readonly env = { SLURM_CONF: this.path("slurm.conf"), PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  private readonly daemons = new Map<string, ChildProcess>();

  static async start(): Promise<SlurmCluster> {
    const cluster = new SlurmCluster();
    try {
      await cluster.begin();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private async begin(): Promise<void> {
    chmodSync(this.directory, 0o755);
    for (const folder of ["state", "spool"]) mkdirSync(this.path(folder));
    const [control, ...ports] = await freePorts(3);
    writeFileSync(this.path("slurm.conf"), this.configuration(control, ports));
    const munge = ["socket", "pid-file", "log-file", "seed-file"].map((file) => `--${file}=${this.path(`munge.${file}`)}`); // prettier-ignore
    this.command("mungekey", "--create", `--keyfile=${this.path("munge.key")}`);
    this.daemon("munged", ["munged", "--foreground", "--force", `--key-file=${this.path("munge.key")}`, ...munge]);
    await this.until(() => this.succeeds("munge", `--socket=${this.path("munge.socket")}`, "--no-input"), "munged");
    this.daemon("slurmctld", ["slurmctld", "-D", "-c"]);
    await this.until(() => this.succeeds("scontrol", "ping"), "slurmctld");
    await Promise.all([this.startNode("node1"), this.startNode("node2")]);
  }

  private configuration(control: number, ports: readonly number[]): string {
    const nodes = ports.map(
      (port, i) => `NodeName=node${i + 1} NodeAddr=127.0.0.1 Port=${port} CPUs=1 RealMemory=1000`,
    );
    return `
ClusterName=test
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${control}
SlurmUser=root
AuthInfo=socket=${this.path("munge.socket")},cred_expire=5
StateSaveLocation=${this.path("state")}
SlurmdSpoolDir=${this.path("spool")}/%n
SlurmctldPidFile=${this.path("slurmctld.pid")}
SlurmdPidFile=${this.path("%n.pid")}
SlurmctldLogFile=${this.path("slurmctld.log")}
SlurmdLogFile=${this.path("%n.log")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=1,sched_interval=2
ReturnToService=2
${nodes.join("\n")}
PartitionName=all Nodes=ALL Default=YES State=UP
`;
  }

  async startNode(name: Node): Promise<void> {
    this.daemon(name, ["unshare", ...NAMESPACES, "sh", "-c", `hostname ${name} && exec slurmd -D -c`]);
    await this.until(() => /idle/.test(this.command("sinfo", "-h", `--nodes=${name}`, "--format=%T")), name);
  }

  /** A power cut: no process of the node goes on, and Slurm has noticed. */
  async cut(name: Node): Promise<void> {
    await this.end(name);
    this.command("scontrol", "update", `nodename=${name}`, "state=down", "reason=power");
  }

  /**
   * Signals a job's script as Slurm does before a time limit.
   * @param heard tells when it was: scancel, which thinks otherwise in some versions, would signal again and again
   */
  async warn(job: string, heard: () => boolean): Promise<void> {
    this.daemon("scancel", ["scancel", "--signal=USR1", "--batch", job]);
    await this.until(heard, `the warning of ${job}`);
    await this.end("scancel");
  }

  /** Runs one of Slurm's commands. @returns what it printed */
  command(program: string, ...args: string[]): string {
    const { status, stdout, stderr, error } = spawnSync(program, args, { env: this.environment, encoding: "utf8" });
    if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${error?.message ?? stderr}`);
    return stdout;
  }

  /** Ends all processes, and removes all files. */
  async stop(): Promise<void> {
    for (const name of [...this.daemons.keys()].reverse()) await this.end(name);
    rmSync(this.directory, { recursive: true, force: true });
  }

  async until(condition: () => boolean, what: string, seconds = 120): Promise<void> {
    for (const end = Date.now() + seconds * 1000; !condition(); await sleep(50))
      if (Date.now() > end) throw new Error(`${what}: not within ${seconds} s\n${this.logs()}`);
  }

  private readonly environment = { ...process.env, ...this.env };

  private path(name: string): string {
    return join(this.directory, name);
  }

  private succeeds(program: string, ...args: string[]): boolean {
    return spawnSync(program, args, { env: this.environment }).status === 0;
  }

  private daemon(name: string, [program, ...args]: string[]): void {
    this.daemons.set(name, spawn(program, args, { env: this.environment, stdio: "ignore" }));
  }

  private async end(name: string): Promise<void> {
    const child = this.daemons.get(name);
    this.daemons.delete(name);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  private logs(): string {
    const tail = (file: string): string => {
      try {
        return `${file}:\n${readFileSync(this.path(file), "utf8").split("\n").slice(-15).join("\n")}`;
      } catch {
        return `${file}: none`;
      }
    };
    return ["slurmctld.log", "node1.log", "node2.log", "munge.log-file"].map(tail).join("\n");
  }
}
