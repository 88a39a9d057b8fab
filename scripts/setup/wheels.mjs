/**
 * Wheels that package indices and their mirrors serve, each pinned by its hash. `tag` are pip's names of the platforms,
 * `what` is what set-up says that it gets.
 * @typedef {{ requirement: string, tag: string, bytes: number, sha256: string, what: string }} Wheel
 */

const LIBRARY = "libtensorflow";

/**
 * The Python wheels of TensorFlow that hold libtensorflow as a C library, with the headers.
 * @type {Record<string, Wheel | undefined>}
 */
export const WHEELS = {
  "linux-x64": {
    requirement: "tensorflow-cpu==2.15.0",
    tag: "manylinux2014_x86_64",
    bytes: 207_208_171,
    sha256: "f46c795177f6311c83562e05d38dc7d4618f8d3150e6902a4499b875f3f97270",
    what: LIBRARY,
  },
  "linux-arm64": {
    requirement: "tensorflow-cpu-aws==2.15.0",
    tag: "manylinux2014_aarch64",
    bytes: 211_874_962,
    sha256: "e60763a3140306f9d6a793fbe888cea0f7da158f1c1fb4984a6e050aa75d5ce9",
    what: LIBRARY,
  },
};

/** @type {(name: string, version: string, bytes: number, sha256: string) => Wheel} */
const nvidia = (name, version, bytes, sha256) => ({
  requirement: `nvidia-${name}-cu12==${version}`,
  tag: "manylinux1_x86_64",
  bytes,
  sha256,
  what: name,
});

/**
 * The wheel of TensorFlow whose libtensorflow computes on NVIDIA's GPUs, and the libraries that it loads where there is
 * one, in the versions that it was built with. Without a GPU or its driver it computes on the CPU.
 * @type {readonly Wheel[]}
 */
export const CUDA_WHEELS = [
  {
    requirement: "tensorflow==2.15.0",
    tag: "manylinux2014_x86_64",
    bytes: 475_258_658,
    sha256: "dee8ec2b2c6c942ae65d25746e53cdc475e82d5fcbbb3009ce47f5963d69ebfc",
    what: LIBRARY,
  },
  nvidia("cublas", "12.2.5.6", 417_825_305, "f448d8db463f9a2c7dd9a1e607c0961d3e95f825b86839c5882f7d073d406df0"),
  nvidia("cuda-runtime", "12.2.140", 845_802, "acb9cb7e44594a3512533497ea790d9f0b0e399abcc888584c157d1ffa080e41"),
  nvidia("cuda-cupti", "12.2.142", 13_900_552, "ce68d1009dd14215e38ed49643d31374c71d6fea381181cb0b9da7f19dfd1624"),
  nvidia("cuda-nvrtc", "12.2.140", 23_430_053, "b1cdcae6443cb7cdcfb5d1bf51896a148c9f82f9e65b27db9ab095eaed689aa7"),
  nvidia("cudnn", "8.9.4.25", 720_096_787, "9f882d5b11753c566fd32427839089eb4f8ba7a58c28446ad359e32c40229723"),
  nvidia("cufft", "11.0.8.103", 98_570_970, "72e961e578f9be9e316ccb4db8652c421dd0b57442624faa71061d452f449a67"),
  nvidia("curand", "10.3.3.141", 56_463_566, "7b6bad6817b5df2a6f5ec221206fb895d9195fdd7d2443f3e86554108c141a0a"),
  nvidia("cusolver", "11.5.2.141", 124_890_758, "5a85c4653ce34339a5688137f494a0f903e0f0532418550998167f00844161da"),
  nvidia("cusparse", "12.1.2.141", 195_268_625, "4e13d6a51d2303dcb2a023ba09546811161f0334fc64e13689397bbd3b1eb126"),
  nvidia("nccl", "2.16.5", 188_657_797, "84695a4248138fb2ca12f5fd3defe986e790e71ccdaad51b2ca34ca4e83ef421"),
  nvidia("nvjitlink", "12.2.140", 20_177_273, "95635cafbf9f96c38bea5200ab145a2e6aefbb5405e0b04c1e4ba54df2d84ec9"),
];

/**
 * A way to have TensorFlow: where it comes from (`sources` in this order), and what that takes. `disk` is what has to be
 * free while it is set up [bytes].
 * @typedef {object} Variant
 * @property {string} name
 * @property {boolean} cuda
 * @property {readonly Wheel[]} wheels empty where there are none for this machine
 * @property {readonly ("official" | "wheels")[]} sources
 * @property {{ download: string, disk: string }} size
 * @property {number} disk
 */

const platform = `${process.platform}-${process.arch}`;

export const VARIANTS = {
  /** @type {Variant} */
  cpu: {
    name: "native TensorFlow",
    cuda: false,
    wheels: [WHEELS[platform]].flatMap((wheel) => wheel ?? []),
    sources: ["official", "wheels"],
    size: { download: "200 MB", disk: "600 MB" },
    disk: 1.2e9, // the wheel, libraries of 0.6 GB, headers of 0.2 GB
  },
  /** @type {Variant} */
  gpu: {
    name: "TensorFlow with CUDA",
    cuda: true,
    wheels: platform === "linux-x64" ? CUDA_WHEELS : [],
    sources: ["wheels"],
    size: { download: "2.4 GB", disk: "4 GB" },
    disk: 6.6e9, // the wheels, libraries of 4 GB, headers of 0.2 GB
  },
};
