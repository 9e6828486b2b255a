import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageBuilder } from './image-builder.ts';
import { recipeTag } from './recipe-tag.ts';

/** Images that others start from, made of Debian's packages. */
export const BASE_IMAGES = {
  'docker.io/library/debian:bookworm-slim': 'bookworm',
  'docker.io/library/debian:trixie-slim': 'trixie',
  'docker.io/library/debian:forky-slim': 'forky',
} as const;

/** The name of a base image. */
export type BaseImage = keyof typeof BASE_IMAGES;

// A script of debootstrap exists for suites of its own time; that of `sid` serves those that came later. The image trusts
// the authorities that this machine trusts, for what its builds download, and a mirror that stands still.
const SCRIPT = `
suite=$1 root=$2 tag=$3
script=sid; [ -e "/usr/share/debootstrap/scripts/$suite" ] && script=$suite
debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" "" "$script" >"$root.log" 2>&1 || { tail -n 40 "$root.log" >&2; exit 1; }
rm -rf "$root"/var/cache/apt/*.bin "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* "$root"/var/log/*
rm -rf "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/usr/share/info
cp -L /etc/ssl/certs/ca-certificates.crt "$root"/etc/ssl/certs/ca-certificates.crt
printf '%s\\n' 'path-exclude=/usr/share/doc/*' 'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/locale/*' >"$root"/etc/dpkg/dpkg.cfg.d/slim
echo 'Acquire::Check-Valid-Until "false";' >"$root"/etc/apt/apt.conf.d/90standing-mirror
printf '#!/bin/sh\\nexit 101\\n' >"$root"/usr/sbin/policy-rc.d; chmod 755 "$root"/usr/sbin/policy-rc.d
tar -C "$root" --one-file-system -c . | podman import --quiet --change 'CMD ["bash"]' - "$tag"
`;

/** Makes a base image unless it is there; about half a minute. */
export async function ensureBaseImage(builder: ImageBuilder, folder: string, image: BaseImage): Promise<void> {
  const recipe = recipeTag('base', [SCRIPT, BASE_IMAGES[image]]);
  if (!(await builder.has(recipe))) await make(builder, folder, image, recipe);
  await builder.tag(recipe, image);
}

async function make(builder: ImageBuilder, folder: string, image: BaseImage, tag: string): Promise<void> {
  const work = await mkdtemp(join(folder, 'base-'));
  try {
    await builder.script(SCRIPT, [BASE_IMAGES[image], join(work, 'root'), tag]);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
