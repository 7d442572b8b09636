import{start as r}from"./shell.js";r(async()=>{});
