// Runs Azurite's blob service until standard input ends, so that it never outlives the tests that started it.
process.stdin.resume().on("end", () => process.exit(0));
require(require.resolve("azurite/dist/src/blob/main.js", { paths: [process.env.AZURITE_MODULES] }));
