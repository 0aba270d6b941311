# What answers with model files, and nothing else: the modules of librpp, which programs and training stand on too.
set(RPP_RUNTIME_MODULES core io bert_format tokenizer runtime)
rpp_module(core LIBS ${RPP_FMT} nlohmann_json::nlohmann_json Threads::Threads PkgConfig::XXHASH)
rpp_module(io DEPENDS core)
rpp_module(bert_format DEPENDS core io TEST_DEPENDS config)
rpp_module(tokenizer DEPENDS core bert_format TEST_DEPENDS sentencepiece TEST_LIBS ICU::uc)
rpp_module(runtime DEPENDS core io bert_format tokenizer LIBS hwy::hwy)
