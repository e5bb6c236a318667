# The defaults that node-gyp expects beside Node's headers, for builds with generated headers. Node's own file is mostly
# about building Node itself; an addon that uses Node-API needs no more than this.
{
  'variables': {
    'configuring_node%': 0,
    'target_arch%': 'x64',
    'host_arch%': 'x64',
    'library%': 'static_library',
    'visibility%': 'default',
    'node_shared%': 'false',
    'node_module_version%': '',
    'openssl_fips%': '',
  },
  'target_defaults': {
    'default_configuration': 'Release',
    'configurations': {
      'Release': { 'cflags': ['-O3', '-fno-omit-frame-pointer'] },
      'Debug': { 'cflags': ['-g', '-O0'] },
    },
    'defines': ['_GLIBCXX_USE_CXX11_ABI=1'],
    'cflags': ['-pthread', '-fPIC', '-Wall', '-Wextra', '-Wno-unused-parameter'],
    'cflags_cc': ['-fno-rtti', '-fno-exceptions', '-fno-strict-aliasing', '-std=gnu++17'],
    'ldflags': ['-pthread', '-rdynamic'],
  },
}
