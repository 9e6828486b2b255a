import { mkdir, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from './child-environment.ts';
import { findProgram } from './missing-program.ts';
import { startProcess } from './process.ts';

/** The version of Apache Kafka that the kit runs. */
export const KAFKA_VERSION = '4.4.0';

const SLF4J_VERSION = '1.7.36';
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';
const TIMEOUT_MS = 300_000;

/** `kafka-tools-api` is named by the broker's pom for building plug-ins, and is in no public repository. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.tessera</groupId><artifactId>test-broker</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${KAFKA_VERSION}</version>
      <exclusions>
        <exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion>
      </exclusions>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>${SLF4J_VERSION}</version>
    </dependency>
  </dependencies>
</project>
`;

// The lock goes with the shell that holds it, however that ends. Who waited for it finds the work done.
const SCRIPT = `
cache=$1; target=$2; shift 2
exec 9>"$cache/lock"
command -v flock >/dev/null && flock 9
[ -d "$target" ] && exit 0
part="$target.part"
rm -rf -- "$part"
"$@" -DoutputDirectory="$part" && mv -- "$part" "$target"
`;

/**
 * The class path of Apache Kafka. The first caller of this machine downloads it (45 MB, Maven's ordinary client with its
 * own settings) into `tessera/` in the folder for caches (`$XDG_CACHE_HOME`, or `~/.cache`); others wait for that.
 *
 * @param launcher a command that starts the one which follows it where the network is: `nsenter … --`.
 * @throws MissingProgramError without Maven; Error with Maven's words when it cannot download.
 */
export async function findKafkaJars(launcher: readonly string[] = []): Promise<string> {
  const { XDG_CACHE_HOME, HOME = homedir() } = childEnvironment();
  const cache = join(XDG_CACHE_HOME ?? join(HOME, '.cache'), 'tessera');
  const target = join(cache, `kafka-${KAFKA_VERSION}`);
  if (!(await isDirectory(target))) await download(cache, target, launcher);
  return join(target, '*');
}

async function download(cache: string, target: string, launcher: readonly string[]): Promise<void> {
  const maven = await findProgram('mvn');
  await mkdir(cache, { recursive: true });
  const pom = `${target}.xml`;
  await writeFile(pom, POM);
  const goal = ['-B', '-q', '-f', pom, PLUGIN, '-DincludeScope=runtime'];
  await using shell = await startProcess({
    name: 'Maven',
    command: '/bin/sh',
    args: ['-c', SCRIPT, 'maven', cache, target, ...launcher, maven, ...goal],
    cwd: cache,
  });
  const late = setTimeout(() => void shell.stop('SIGKILL'), TIMEOUT_MS);
  const { code } = await shell.exited;
  clearTimeout(late);
  if (code !== 0 || !(await isDirectory(target))) {
    throw new Error(`Apache Kafka ${KAFKA_VERSION} could not be downloaded:\n${shell.output()}`);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
