# Two builds of the same addon: `basalt`, and `basalt_test` with the fault file system. `node-gyp build basalt` makes only
# the first. Network-free: README.md tells where Node's headers come from.
{
  'target_defaults': {
    'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")', 'src/core', 'src/sockets'],
    'defines': ['NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_ADDON_API_DISABLE_DEPRECATED'],
    'cflags': ['-Wall', '-Wextra', '-Wno-unused-parameter', '-fvisibility=hidden'],
    'cflags_cc': ['-std=gnu++17', '-fno-exceptions', '-fno-rtti'],
    # Stays mapped when the last environment that loaded it has gone: it has exit handlers (src/addon/open-engines.cc).
    'ldflags': ['-Wl,-z,nodelete'],
    'libraries': ['-lrocksdb'],
  },
  'targets': [
    {
      'target_name': 'basalt',
      'sources': ['<!@(ls src/core/*.cc src/sockets/*.cc src/addon/*.cc)'],
    },
    {
      'target_name': 'basalt_test',
      'defines': ['BASALT_FAULTS'],
      'include_dirs': ['src/faults'],
      'sources': ['<!@(ls src/core/*.cc src/sockets/*.cc src/addon/*.cc src/faults/*.cc)'],
    },
  ],
}
